#include "actors/auth/auth.h"

enum status auth_user_delete(struct call *call) {
    const struct person_ask *ask = call->ask;
    if (call_needs(call, ROLE_ADMIN) != OK || account_erase(call, ask->id) != OK)
        return call->status;
    return audit(call, "delete", ask->id, NULL, ask->address);
}
