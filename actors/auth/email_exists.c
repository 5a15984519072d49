#include "actors/auth/auth.h"

/* It tells what nothing else tells, because the sign-up form of a dialect cannot do without: therefore counted. */
enum status auth_email_exists(struct call *call) {
    const struct email_ask *ask = call->ask;
    if (!email_plausible(ask->email))
        return call_invalid(call, "/email", "must be an e-mail address");
    if (limit_take(call, LIMIT_EXISTS, ask->address, NULL) != OK)
        return call->status;
    return call_fetch(call, Q_email_known, NULL);
}
