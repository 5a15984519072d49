#include "actors/auth/auth.h"

enum status auth_leave(struct call *call) {
    const struct proof *ask = call->ask;
    struct account *account = NULL;
    bool two_factor = false;
    enum status status = caller_proves_all(call, ask->password, ask->code, &account, &two_factor);
    return status == OK ? account_erase(call, account->id) : status;
}
