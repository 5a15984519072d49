#include <string.h>

#include "actors/transcode/transcode.h"
#include "protocol/node/config.h"

enum status transcode_lease(struct call *call) {
    struct rows *rows = call_run(call, Q_upload_lock, NULL);
    if (!rows)
        return call->status;
    bool known = rows_count(rows), open = known && !strcmp(rows_text(rows, 0, "state"), "open");
    rows_free(rows);
    if (!open)
        return known ? GONE : NOT_FOUND;
    enum status status = call_fetch(call, Q_upload_lease, ARGS(ARG_INT("lease_ms", config()->upload_lease_ms)));
    if (status == NOT_FOUND)
        return call_refuse(call, LOCKED, "locked", "Another connection is sending this upload.");
    rows = status == OK ? call_run(call, Q_upload_parts, NULL) : NULL;
    if (!rows)
        return call->status;
    ((struct upload_lease *)call->reply)->parts = rows_list(rows, upload_part_record(), call->arena);
    rows_free(rows);
    return OK;
}
