#include "actors/auth/auth.h"

enum status once_refuse(struct call *call) {
    return call_refuse(call, INVALID, "token-refused", "This link is not valid (any more).");
}

enum status once_find(struct call *call, const char *token, const char *kind, int64_t whose, struct once *once) {
    uint8_t digest[DIGEST_BYTES];
    token_digest(token, digest);
    struct rows *rows =
        call_run(call, Q_token_find, ARGS(ARG_BYTES("hash", digest, DIGEST_BYTES), ARG_TEXT("kind", kind)));
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0;
    *once = (struct once){.account_id = found ? rows_int(rows, 0, "account_id") : 0,
                          .used = found && rows_bool(rows, 0, "used"),
                          .email = found ? arena_text(call->arena, rows_text(rows, 0, "email")) : NULL};
    rows_free(rows);
    if (!found)
        return once_refuse(call);
    if (!once->email)
        return call->status = INTERNAL;
    if (!whose)
        return call_refuse(call, INVALID, "uid-refused", "This link does not name an account.");
    if (whose > 0 && whose != once->account_id)
        return call_refuse(call, INVALID, "token-foreign", "This link belongs to another account.");
    return OK;
}

enum status once_spend(struct call *call, const char *token) {
    uint8_t digest[DIGEST_BYTES];
    token_digest(token, digest);
    return call_do(call, Q_token_spend, ARGS(ARG_BYTES("hash", digest, DIGEST_BYTES)));
}
