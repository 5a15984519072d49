#include "actors/auth/auth.h"

/* Whether there is such an account is looked up later, by auth_link: the answer and its time are the same for all. */
enum status auth_forgot(struct call *call) {
    const struct link_wish *ask = call->ask;
    if (limit_take(call, LIMIT_LINK_ADDRESS, ask->address, NULL) != OK ||
        limit_take(call, LIMIT_LINK_PAIR, ask->address, ask->email) != OK)
        return call->status;
    return call_post(call, MSG_auth_link,
                     &(struct link_order){.email = ask->email, .kind = "reset", .dialect = ask->dialect});
}
