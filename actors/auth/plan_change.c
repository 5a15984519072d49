#include "actors/auth/billing.h"

enum status auth_plan_change(struct call *call) {
    const struct plan_change *ask = call->ask;
    if (call_needs(call, ROLE_ADMIN) != OK || plan_check(call, ask->currency, ask->checkout_url) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_plan_change, NULL);
    if (!rows)
        return call->status == CONFLICT ? call_refuse(call, CONFLICT, "plan-name", "Another plan has this name.")
                                        : call->status;
    bool found = rows_count(rows) > 0;
    rows_free(rows);
    if (!found)
        return plan_missing(call);
    if (audit(call, "plan-change", 0, arena_print(call->arena, "plan %lld", (long long)ask->id), ask->address) != OK)
        return call->status;
    return plan_reply(call, ask->id);
}
