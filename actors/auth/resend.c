#include "actors/auth/auth.h"

/* As with a forgotten password, auth_link looks whether there is anything to send. */
enum status auth_resend(struct call *call) {
    const struct link_wish *ask = call->ask;
    if (limit_take(call, LIMIT_LINK_ADDRESS, ask->address, NULL) != OK ||
        limit_take(call, LIMIT_LINK_PAIR, ask->address, ask->email) != OK)
        return call->status;
    return call_post(call, MSG_auth_link,
                     &(struct link_order){.email = ask->email, .kind = "activation", .dialect = ask->dialect});
}
