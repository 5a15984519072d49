#include "actors/auth/auth.h"

enum status auth_user(struct call *call) {
    const struct by_id *ask = call->ask;
    return call_needs(call, ROLE_ADMIN) == OK ? person_reply(call, ask->id) : call->status;
}
