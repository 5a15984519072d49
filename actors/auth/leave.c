#include "actors/auth/auth.h"

enum status auth_leave(struct call *call) {
    const struct proof *ask = call->ask;
    struct account *account = NULL;
    bool two_factor = false;
    enum status status = caller_proves(call, ask->password, &account, &two_factor);
    if (status == OK && two_factor)
        status = second_factor(call, account->id, ask->code);
    if (status == UNAUTHENTICATED && call->problem)
        return call_refuse(call, FORBIDDEN, call->problem->code, call->problem->detail);
    return status == OK ? account_erase(call, account->id) : status;
}
