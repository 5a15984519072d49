#include <string.h>

#include "actors/auth/billing.h"

enum { PENDING_A_DAY = 20 };

/* What the caller has: a free plan comes after no other, no plan comes twice; a pending one of the same plan is the
 * answer already. */
static enum status look(struct call *call, const struct plan *plan, int64_t *pending) {
    struct list have;
    if (subscriptions_list(call, call->header.user, &have) != OK)
        return call->status;
    for (size_t i = 0; i < have.n; i++) {
        const struct subscription *one = &LIST_AT(have, struct subscription, i);
        if (one->active && (one->plan_id == plan->id || !plan->price))
            return call_refuse(call, CONFLICT, "subscription-active", "This account has a subscription already.");
        if (!strcmp(one->state, "pending") && one->plan_id == plan->id)
            *pending = one->id;
    }
    return OK;
}

/* Each order leaves a line in the ledger, which nobody may fill at will. */
static enum status bound(struct call *call) {
    struct rows *rows = call_run(call, Q_payments_pending_lately, ARGS(ARG_INT("account_id", call->header.user)));
    if (!rows)
        return call->status;
    bool many = rows_int(rows, 0, "count") >= PENDING_A_DAY;
    rows_free(rows);
    if (!many)
        return OK;
    call_refuse(call, TOO_MANY, "too-many-orders", "Too many orders for a day; try again tomorrow.");
    if (call->problem) {
        call->problem->retry_after = 3600;
        call->problem->has_retry_after = true;
    }
    return call->status;
}

static enum status place_order(struct call *call, bool free) {
    const char *state = free ? "active" : "pending";
    struct db_arg who = ARG_INT("account_id", call->header.user);
    if (call_do(call, Q_subscription_end_own, ARGS(who, ARG_TEXT("state", state))) != OK)
        return call->status;
    struct rows *rows =
        call_run(call, Q_subscription_add,
                 ARGS(who, ARG_TEXT("state", state), ARG_TEXT("end_at", NULL), ARG_BOOL("auto_renew", true)));
    if (!rows)
        return call->status;
    int64_t id = rows_int(rows, 0, "id");
    rows_free(rows);
    if (!free && call_do(call, Q_payment_pending, ARGS(who)) != OK)
        return call->status;
    return subscription_reply(call, call->header.user, id);
}

enum status auth_subscribe(struct call *call) {
    const struct subscribe_ask *ask = call->ask;
    struct plan plan = {0};
    int64_t pending = 0;
    if (caller_needed(call) != OK || account_hold(call, call->header.user) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_plan_show, ARGS(ARG_INT("id", ask->plan_id)));
    if (!rows)
        return call->status;
    int bad = rows_count(rows) ? rows_fill(rows, 0, plan_record(), &plan, call->arena) : 0;
    rows_free(rows);
    if (bad)
        return INTERNAL;
    if (!plan.id)
        return plan_missing(call);
    if (!plan.active)
        return call_refuse(call, CONFLICT, "plan-withdrawn", "This plan is not offered any more.");
    if (look(call, &plan, &pending) != OK)
        return call->status;
    if (pending)
        return subscription_reply(call, call->header.user, pending);
    return plan.price && bound(call) != OK ? call->status : place_order(call, !plan.price);
}
