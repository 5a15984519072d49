#include <string.h>

#include "actors/auth/auth.h"

static enum status use_token(struct call *call, int64_t *account_id) {
    const struct reset_ask *ask = call->ask;
    uint8_t digest[DIGEST_BYTES];
    token_digest(ask->token, digest);
    struct rows *rows =
        call_run(call, Q_token_use, ARGS(ARG_BYTES("hash", digest, DIGEST_BYTES), ARG_TEXT("kind", "reset")));
    if (!rows)
        return call->status;
    bool good = rows_count(rows) > 0;
    *account_id = good ? rows_int(rows, 0, "account_id") : 0;
    rows_free(rows);
    return good ? OK : call_refuse(call, INVALID, "token-refused", "This link is not valid (any more).");
}

/* The mail that arrived proves the address too. */
static enum status set_password(struct call *call, int64_t account_id, struct account **account) {
    const struct reset_ask *ask = call->ask;
    char hash[HASH_BYTES];
    if (password_hash(ask->password, hash))
        return INTERNAL;
    struct rows *rows =
        call_run(call, Q_password_set,
                 ARGS(ARG_TEXT("password_hash", hash), ARG_BOOL("proves", true), ARG_INT("account_id", account_id)));
    if (!rows)
        return call->status;
    *account = rows_count(rows) ? account_from_row(rows, 0, call->arena) : NULL;
    rows_free(rows);
    return *account ? OK : INTERNAL;
}

enum status auth_reset(struct call *call) {
    const struct reset_ask *ask = call->ask;
    struct account *account = NULL;
    int64_t id = 0;
    if (ask->confirm && strcmp(ask->confirm, ask->password))
        return call_invalid(call, "/confirm", "must equal the password");
    if (limit_take(call, LIMIT_LOGIN_ADDRESS, ask->address, NULL) != OK ||
        password_allowed(call, realm_find(ask->dialect), ask->password, NULL) != OK || use_token(call, &id) != OK)
        return call->status;
    enum status status = set_password(call, id, &account);
    if (status != OK)
        return status;
    if (call_do(call, Q_tokens_spend, ARGS(ARG_INT("account_id", id), ARG_TEXT("kind", "reset"))) != OK ||
        sessions_finish_all(call, id, 0) != OK)
        return call->status;
    return letter_notice(call, account, "password-changed", ask->dialect, NULL);
}
