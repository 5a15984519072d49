#include <string.h>

#include "actors/transcode/transcode.h"

enum status transcode_abort(struct call *call) {
    const struct upload_ref *ask = call->ask;
    struct rows *rows = call_run(call, Q_upload_lock, NULL);
    if (!rows)
        return call->status;
    bool open = rows_count(rows) && !strcmp(rows_text(rows, 0, "state"), "open");
    bool finished = rows_count(rows) && !strcmp(rows_text(rows, 0, "state"), "finished");
    rows_free(rows);
    if (finished)
        return call_refuse(call, CONFLICT, "finished", "The upload is a film already; delete its title instead.");
    if (!open)
        return NOT_FOUND;
    upload_remove(call->db, ask->id);
    return call_do(call, Q_upload_state, ARGS(ARG_TEXT("state", "gone")));
}
