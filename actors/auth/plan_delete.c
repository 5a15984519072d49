#include "actors/auth/billing.h"

enum status auth_plan_delete(struct call *call) {
    const struct person_ask *ask = call->ask;
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_plan_delete, NULL);
    if (!rows)
        return call->status == NOT_FOUND
                   ? call_refuse(call, CONFLICT, "plan-used",
                                 "Somebody has or had this plan, so that it must stay; set active to false instead.")
                   : call->status;
    bool found = rows_count(rows) > 0;
    rows_free(rows);
    if (!found)
        return plan_missing(call);
    return audit(call, "plan-delete", 0, arena_print(call->arena, "plan %lld", (long long)ask->id), ask->address);
}
