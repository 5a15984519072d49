#include <stdio.h>

#include "actors/transcode/transcode.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

/* Whoever knows the name can look at the upload, so it cannot be guessed. */
void upload_id(char to[UPLOAD_ID_BYTES]) {
    snprintf(to, UPLOAD_ID_BYTES, "%016llx%016llx", (unsigned long long)random_u64(), (unsigned long long)random_u64());
}

static bool over_quota(struct call *call, int64_t length) {
    int64_t most = config()->upload_quota_bytes;
    if (!most)
        return false;
    rows_free(call_run(call, Q_uploads_of_owner_lock, ARGS(ARG_INT("owner", call->header.user))));
    struct rows *rows = call_run(call, Q_uploads_of_owner, ARGS(ARG_INT("owner", call->header.user)));
    bool over = !rows || rows_int(rows, 0, "bytes") > most - length;
    rows_free(rows);
    return over;
}

enum status transcode_open(struct call *call) {
    const struct upload_new *ask = call->ask;
    char id[UPLOAD_ID_BYTES];
    if (!(call->header.roles & ROLE_ADMIN))
        return call_refuse(call, FORBIDDEN, "forbidden", "Only an administrator may upload films.");
    if (!ask->has_title_id && !ask->partial)
        return call_invalid(call, "/title_id", "is missing");
    if (ask->length == 0)
        return call_invalid(call, "/length", "must not be 0: an empty file is no film");
    if (ask->length > config()->upload_bytes)
        return call_refuse(call, TOO_LARGE, "too-large", "The film is larger than this server takes.");
    if (over_quota(call, ask->length))
        return call->status == OK
                   ? call_refuse(call, TOO_LARGE, "quota", "Your films would take more room than you have.")
                   : call->status;
    upload_id(id);
    return call_fetch(call, Q_upload_add,
                      ARGS(ARG_TEXT("id", id), ARG_INT("owner", call->header.user), ARG_BOOL("partial", ask->partial)));
}
