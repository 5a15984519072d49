#include "actors/auth/billing.h"

enum status auth_unsubscribe(struct call *call) {
    struct db_arg who = ARG_INT("account_id", call->header.user);
    if (caller_needed(call) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_subscription_cancel, ARGS(who));
    if (!rows)
        return call->status;
    bool any = rows_count(rows) > 0;
    int64_t id = rows_int(rows, 0, "id");
    rows_free(rows);
    if (!any)
        return call_refuse(call, NOT_FOUND, "subscription-none", "There is no subscription.");
    return subscription_reply(call, call->header.user, id);
}
