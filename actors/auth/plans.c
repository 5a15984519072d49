#include "actors/auth/billing.h"

enum status auth_plans(struct call *call) {
    const struct plans_ask *ask = call->ask;
    struct plan_list *reply = call->reply;
    if (ask->all && call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_plans_list, ARGS(ARG_BOOL("all", ask->all)));
    if (!rows)
        return call->status;
    size_t all = rows_count(rows);
    reply->items = rows_list(rows, plan_record(), call->arena);
    rows_free(rows);
    return reply->items.n == all ? OK : INTERNAL;
}
