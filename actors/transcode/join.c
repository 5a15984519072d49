#include <string.h>

#include "actors/transcode/transcode.h"
#include "protocol/node/config.h"

/* Whether all of them can be joined: partial, whole, nobody else's, and each named once. */
static enum status judge(struct call *call, const struct rows *rows, size_t wanted, int64_t *length) {
    if (rows_count(rows) != wanted)
        return call_refuse(call, NOT_FOUND, "no-partial", "There is no such partial upload, or it is named twice.");
    for (size_t i = 0; i < rows_count(rows); i++) {
        const char *state = rows_text(rows, i, "state");
        bool same = i && !strcmp(rows_text(rows, i, "id"), rows_text(rows, i - 1, "id"));
        bool known = !strcmp(state, "open") || !strcmp(state, "finished");
        if (same || !known || !rows_bool(rows, i, "free"))
            return call_refuse(call, NOT_FOUND, "no-partial", "There is no such partial upload, or it is named twice.");
        if (!strcmp(state, "open"))
            return call_refuse(call, CONFLICT, "partial-unfinished",
                               "A partial upload does not have all its bytes yet.");
        *length += rows_int(rows, i, "length");
    }
    return OK;
}

/* The bytes are put together by the film's first task, which may take its time and be begun again. */
enum status transcode_join(struct call *call) {
    const struct upload_join *ask = call->ask;
    char id[UPLOAD_ID_BYTES];
    int64_t length = 0;
    if (!(call->header.roles & ROLE_ADMIN))
        return call_refuse(call, FORBIDDEN, "forbidden", "Only an administrator may upload films.");
    if (!ask->parts.n)
        return call_invalid(call, "/parts", "must name a partial upload");
    struct rows *rows = call_run(call, Q_uploads_to_join, NULL);
    if (!rows)
        return call->status;
    enum status status = judge(call, rows, ask->parts.n, &length);
    rows_free(rows);
    if (status != OK)
        return status;
    if (length > config()->upload_bytes)
        return call_refuse(call, TOO_LARGE, "too-large", "The film is larger than this server takes.");
    upload_id(id);
    if (call_fetch(call, Q_upload_add_final,
                   ARGS(ARG_TEXT("id", id), ARG_INT("owner", call->header.user), ARG_INT("length", length))) != OK ||
        call_do(call, Q_uploads_take, ARGS(ARG_TEXT("final", id))) != OK)
        return call->status;
    return upload_make_film(call, id, ask->title_id);
}
