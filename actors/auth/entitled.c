#include "actors/auth/billing.h"
#include "protocol/node/config.h"

enum status auth_entitled(struct call *call) {
    if (caller_needed(call) != OK)
        return call->status;
    return call_fetch(call, Q_entitled,
                      ARGS(ARG_INT("user", call->header.user), ARG_INT("grace", config()->renewal_grace_seconds)));
}
