#include "actors/auth/billing.h"

enum status auth_subscription(struct call *call) {
    return caller_needed(call) == OK ? subscription_reply(call, call->header.user, 0) : call->status;
}
