#include "actors/auth/auth.h"

enum status auth_totp_off(struct call *call) {
    const struct proof *ask = call->ask;
    struct account *account = NULL;
    bool on = false;
    enum status status = caller_proves_all(call, ask->password, ask->code, &account, &on);
    if (status != OK || call_do(call, Q_recovery_drop, ARGS(ARG_INT("account_id", account->id))) != OK)
        return status != OK ? status : call->status;
    return call_do(call, Q_totp_drop, ARGS(ARG_INT("account_id", account->id)));
}
