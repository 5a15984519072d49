#include "actors/auth/auth.h"

enum status auth_keys(struct call *call) {
    struct keys_reply *reply = call->reply;
    struct rows *rows = call_run(call, Q_signing_keys, NULL);
    if (!rows)
        return call->status;
    reply->keys = rows_list(rows, public_key_record(), call->arena);
    rows_free(rows);
    reply->playback_secret = keyring_playback_secret();
    return OK;
}
