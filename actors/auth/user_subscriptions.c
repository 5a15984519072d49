#include "actors/auth/billing.h"

enum status auth_user_subscriptions(struct call *call) {
    const struct by_id *ask = call->ask;
    struct subscription_list *reply = call->reply;
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_person, NULL);
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0;
    rows_free(rows);
    return found ? subscriptions_list(call, ask->id, &reply->items) : person_missing(call);
}
