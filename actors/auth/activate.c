#include "actors/auth/auth.h"

enum status auth_activate(struct call *call) {
    const struct activate_ask *ask = call->ask;
    struct account_reply *reply = call->reply;
    uint8_t digest[DIGEST_BYTES];
    token_digest(ask->token, digest);
    struct rows *rows =
        call_run(call, Q_token_use, ARGS(ARG_BYTES("hash", digest, DIGEST_BYTES), ARG_TEXT("kind", "activation")));
    if (!rows)
        return call->status;
    bool good = rows_count(rows) > 0;
    int64_t account = good ? rows_int(rows, 0, "account_id") : 0;
    rows_free(rows);
    if (!good)
        return call_refuse(call, INVALID, "token-refused", "This link is not valid (any more).");
    if (!(rows = call_run(call, Q_account_verify, ARGS(ARG_INT("id", account)))))
        return call->status;
    reply->account = rows_count(rows) ? account_from_row(rows, 0, call->arena) : NULL;
    rows_free(rows);
    return reply->account ? OK : NOT_FOUND;
}
