#include "actors/auth/auth.h"

/* An administrator has a link sent and never sees or sets a password. */
enum status auth_user_reset(struct call *call) {
    const struct person_ask *ask = call->ask;
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_account_by_id, NULL);
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0;
    struct account *account = found ? account_from_row(rows, 0, call->arena) : NULL;
    rows_free(rows);
    if (!found)
        return person_missing(call);
    if (!account)
        return INTERNAL;
    enum status status = letter_link(call, account, "reset", "v1");
    return status == OK ? audit(call, "reset", ask->id, NULL, ask->address) : status;
}
