#include <string.h>

#include "actors/auth/auth.h"

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

/* Whose link it is comes first: a password that is refused leaves the link as it was. */
static enum status check(struct call *call, struct once *once) {
    const struct reset_ask *ask = call->ask;
    if (limit_take(call, LIMIT_LOGIN_ADDRESS, ask->address, NULL) != OK ||
        once_find(call, ask->token, "reset", ask->has_account ? ask->account : -1, once) != OK)
        return call->status;
    if (once->used)
        return once_refuse(call);
    if (ask->confirm && strcmp(ask->confirm, ask->password))
        return call_invalid(call, "/confirm", "must equal the password");
    return password_allowed(call, realm_find(ask->dialect), ask->password, NULL);
}

enum status auth_reset(struct call *call) {
    const struct reset_ask *ask = call->ask;
    struct account *account = NULL;
    struct once once = {0};
    enum status status = check(call, &once);
    if (status == OK)
        status = once_spend(call, ask->token);
    if (status == OK)
        status = set_password(call, once.account_id, &account);
    if (status != OK)
        return status;
    if (call_do(call, Q_tokens_spend, ARGS(ARG_INT("account_id", once.account_id), ARG_TEXT("kind", "reset"))) != OK ||
        sessions_finish_all(call, once.account_id, 0) != OK)
        return call->status;
    return letter_notice(call, account, "password-changed", ask->dialect, NULL);
}
