#include "actors/auth/billing.h"

enum status auth_plan(struct call *call) {
    const struct by_id *ask = call->ask;
    return call_needs(call, ROLE_ADMIN) == OK ? plan_reply(call, ask->id) : call->status;
}
