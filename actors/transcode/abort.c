#include <string.h>

#include "actors/transcode/transcode.h"

enum status transcode_abort(struct call *call) {
    const struct upload_ref *ask = call->ask;
    struct rows *rows = call_run(call, Q_upload_lock, NULL);
    if (!rows)
        return call->status;
    bool finished = rows_count(rows) && !strcmp(rows_text(rows, 0, "state"), "finished");
    bool free = finished && rows_bool(rows, 0, "partial") && rows_null(rows, 0, "final");
    bool open = free || (rows_count(rows) && !strcmp(rows_text(rows, 0, "state"), "open"));
    rows_free(rows);
    if (finished && !free)
        return call_refuse(call, CONFLICT, "finished", "The upload is a film already; delete its title instead.");
    if (!open)
        return NOT_FOUND;
    /* What a store that is away keeps is removed by the next sweep. */
    bool removed = !upload_remove(call->db, ask->id);
    return call_do(call, Q_upload_state, ARGS(ARG_TEXT("state", removed ? "gone" : "spent")));
}
