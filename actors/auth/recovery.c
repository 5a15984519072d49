#include "actors/auth/auth.h"

enum status auth_recovery(struct call *call) {
    const struct proof *ask = call->ask;
    struct account *account = NULL;
    bool on = false;
    enum status status = caller_proves_all(call, ask->password, ask->code, &account, &on);
    if (status == OK && !on)
        return call_refuse(call, CONFLICT, "totp-off", "The second factor is not on.");
    return status == OK ? recovery_replace(call) : status;
}
