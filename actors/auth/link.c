#include <string.h>

#include "actors/auth/auth.h"

enum { LINKS_AN_HOUR = 5 };

/* However many addresses ask: nobody's mailbox is flooded. */
static bool enough(struct call *call, int64_t account_id) {
    if (call_do(call, Q_account_lock, ARGS(ARG_INT("account_id", account_id))) != OK)
        return false;
    struct rows *rows = call_run(call, Q_tokens_lately, ARGS(ARG_INT("account_id", account_id)));
    bool many = rows && rows_int(rows, 0, "count") >= LINKS_AN_HOUR;
    rows_free(rows);
    return many;
}

enum status auth_link(struct call *call) {
    const struct link_order *ask = call->ask;
    if (call_needs(call, ROLE_SERVICE) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_account_by_email, NULL);
    if (!rows)
        return call->status;
    bool activation = !strcmp(ask->kind, "activation");
    bool wanted = !rows_null(rows, 0, "id") && !rows_bool(rows, 0, "suspended") &&
                  !(activation && rows_bool(rows, 0, "verified"));
    struct account *account = wanted ? account_from_row(rows, 0, call->arena) : NULL;
    rows_free(rows);
    if (!wanted)
        return OK;
    if (!account)
        return INTERNAL;
    if (enough(call, account->id)) {
        log_warn(call->header.trace, "links_enough", "account=%lld kind=%s", (long long)account->id, ask->kind);
        return OK;
    }
    return call->status == OK ? letter_link(call, account, ask->kind, ask->dialect) : call->status;
}
