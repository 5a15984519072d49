#include "actors/auth/auth.h"

enum status auth_password(struct call *call) {
    const struct password_ask *ask = call->ask;
    struct account *account = NULL;
    char hash[HASH_BYTES];
    enum status status = caller_proves(call, ask->current, &account, NULL);
    if (status == OK)
        status = password_allowed(call, realm_find(ask->dialect), ask->password, account->email);
    if (status != OK)
        return status;
    if (password_hash(ask->password, hash))
        return INTERNAL;
    if (call_do(call, Q_password_set,
                ARGS(ARG_TEXT("password_hash", hash), ARG_BOOL("proves", false), ARG_INT("account_id", account->id))) !=
            OK ||
        call_do(call, Q_tokens_spend, ARGS(ARG_INT("account_id", account->id), ARG_TEXT("kind", "reset"))) != OK ||
        sessions_finish_all(call, account->id, ask->session) != OK)
        return call->status;
    return letter_notice(call, account, "password-changed", ask->dialect, NULL);
}
