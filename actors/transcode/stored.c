#include "actors/transcode/transcode.h"
#include "protocol/node/config.h"

/* Safe to repeat: the same parts under the same numbers. */
enum status transcode_stored(struct call *call) {
    const struct upload_stored *ask = call->ask;
    struct rows *rows = call_run(call, Q_upload_stored, ARGS(ARG_INT("lease_ms", config()->upload_lease_ms)));
    if (!rows)
        return call->status;
    bool held = rows_count(rows);
    rows_free(rows);
    if (!held)
        return call_refuse(call, CONFLICT, "lease-lost", "Another connection goes on with this upload.");
    for (size_t i = 0; i < ask->parts.n && call->status == OK; i++) {
        const struct upload_part *part = &LIST_AT(ask->parts, struct upload_part, i);
        call_do(call, Q_upload_part,
                ARGS(ARG_INT("number", part->number), ARG_INT("bytes", part->bytes), ARG_TEXT("etag", part->etag)));
    }
    return call->status;
}
