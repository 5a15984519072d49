#include "actors/auth/auth.h"

enum status auth_user_logout(struct call *call) {
    const struct person_ask *ask = call->ask;
    if (call_needs(call, ROLE_ADMIN) != OK || sessions_finish_all(call, ask->id, 0) != OK)
        return call->status;
    return audit(call, "logout", ask->id, NULL, ask->address);
}
