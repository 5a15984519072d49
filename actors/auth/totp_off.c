#include "actors/auth/auth.h"

enum status auth_totp_off(struct call *call) {
    const struct proof *ask = call->ask;
    struct account *account = NULL;
    bool on = false;
    enum status status = caller_proves(call, ask->password, &account, &on);
    if (status == OK && on)
        status = second_factor(call, account->id, ask->code);
    /* The caller is logged in: a missing code is no reason to log in again. */
    if (status == UNAUTHENTICATED && call->problem)
        return call_refuse(call, FORBIDDEN, call->problem->code, call->problem->detail);
    if (status != OK || call_do(call, Q_recovery_drop, ARGS(ARG_INT("account_id", account->id))) != OK)
        return status != OK ? status : call->status;
    return call_do(call, Q_totp_drop, ARGS(ARG_INT("account_id", account->id)));
}
