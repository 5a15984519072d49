#include "actors/history/history.h"

/* What is shorter is somebody looking whether it is the right film. */
enum { VIEW_SECONDS = 10 };

enum status history_view(struct call *call) {
    const struct view_ask *ask = call->ask;
    struct view_reply *reply = call->reply;
    if (history_caller(call) != OK || ask->seconds < VIEW_SECONDS)
        return call->status;
    struct rows *rows = call_run(call, Q_view_put, ARGS(ARG_INT("user", call->header.user)));
    if (!rows)
        return call->status;
    bool known = rows_bool(rows, 0, "known");
    reply->counted = rows_int(rows, 0, "counted") > 0;
    rows_free(rows);
    return known ? OK : call_refuse(call, NOT_FOUND, "not-found", "There is no such title.");
}
