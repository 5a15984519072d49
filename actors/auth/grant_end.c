#include "actors/auth/billing.h"

enum status auth_grant_end(struct call *call) {
    const struct person_ask *ask = call->ask;
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_subscription_end_all, ARGS(ARG_INT("account_id", ask->id)));
    if (!rows)
        return call->status;
    bool any = rows_count(rows) > 0;
    rows_free(rows);
    if (!any)
        return call_refuse(call, NOT_FOUND, "subscription-none", "There is no subscription.");
    return audit(call, "grant-end", ask->id, NULL, ask->address);
}
