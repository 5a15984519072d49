#include "actors/auth/billing.h"
#include "protocol/node/clock.h"

enum status auth_grant(struct call *call) {
    const struct grant_ask *ask = call->ask;
    struct db_arg who = ARG_INT("account_id", ask->id);
    struct db_arg end =
        ask->has_end_at ? (struct db_arg)ARG_INT("end_at", ask->end_at) : (struct db_arg)ARG_TEXT("end_at", NULL);
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    if (ask->has_end_at && ask->end_at <= clock_wall_ms())
        return call_invalid(call, "/end_at", "must be in the future");
    if (account_hold(call, ask->id) != OK ||
        call_do(call, Q_subscription_end_own, ARGS(who, ARG_TEXT("state", "active"))) != OK)
        return call->status;
    struct rows *rows =
        call_run(call, Q_subscription_add, ARGS(who, ARG_TEXT("state", "active"), end, ARG_BOOL("auto_renew", false)));
    if (!rows)
        return call->status;
    int64_t id = rows_count(rows) ? rows_int(rows, 0, "id") : 0;
    rows_free(rows);
    if (!id)
        return plan_missing(call);
    if (audit(call, "grant", ask->id, arena_print(call->arena, "plan %lld", (long long)ask->plan_id), ask->address) !=
        OK)
        return call->status;
    return subscription_reply(call, ask->id, id);
}
