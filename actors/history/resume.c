#include "actors/history/history.h"

enum status history_resume(struct call *call) {
    struct resume_reply *reply = call->reply;
    if (history_caller(call) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_progress_resume, ARGS(ARG_INT("user", call->header.user)));
    if (!rows)
        return call->status;
    reply->position = rows_count(rows) ? rows_real(rows, 0, "position") : 0;
    rows_free(rows);
    return OK;
}
