#include "actors/auth/billing.h"

enum status auth_plan_create(struct call *call) {
    const struct plan_new *ask = call->ask;
    if (call_needs(call, ROLE_ADMIN) != OK || plan_check(call, ask->currency, ask->checkout_url) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_plan_add, NULL);
    if (!rows)
        return call->status == CONFLICT ? call_refuse(call, CONFLICT, "plan-name", "Another plan has this name.")
                                        : call->status;
    int64_t id = rows_int(rows, 0, "id");
    rows_free(rows);
    if (audit(call, "plan-create", 0, arena_print(call->arena, "plan %lld %s", (long long)id, ask->name),
              ask->address) != OK)
        return call->status;
    return plan_reply(call, id);
}
