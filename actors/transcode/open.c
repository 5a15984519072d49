#include <stdio.h>

#include "actors/transcode/transcode.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

enum status transcode_open(struct call *call) {
    const struct upload_new *ask = call->ask;
    char id[33];
    if (!(call->header.roles & ROLE_ADMIN))
        return call_refuse(call, FORBIDDEN, "forbidden", "Only an administrator may upload films.");
    if (ask->length == 0)
        return call_invalid(call, "/length", "must not be 0: an empty file is no film");
    if (ask->length > config()->upload_bytes)
        return call_refuse(call, TOO_LARGE, "too-large", "The film is larger than this server takes.");
    /* Whoever knows the name can look at the upload, so it cannot be guessed. */
    snprintf(id, sizeof id, "%016llx%016llx", (unsigned long long)random_u64(), (unsigned long long)random_u64());
    return call_fetch(call, Q_upload_add, ARGS(ARG_TEXT("id", id), ARG_INT("owner", call->header.user)));
}
