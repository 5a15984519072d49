#include "actors/auth/auth.h"

static enum status change(struct call *call) {
    struct rows *rows = call_run(call, Q_person_role, NULL);
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0;
    rows_free(rows);
    return found ? OK : person_missing(call);
}

/* Tokens carry roles: who loses one must log in anew. */
enum status auth_user_role(struct call *call) {
    const struct role_ask *ask = call->ask;
    if (call_needs(call, ROLE_ADMIN) != OK || (!ask->admin && last_administrator(call, ask->id) != OK) ||
        change(call) != OK || (!ask->admin && sessions_finish_all(call, ask->id, 0) != OK) ||
        audit(call, ask->admin ? "promote" : "demote", ask->id, NULL, ask->address) != OK)
        return call->status;
    return person_reply(call, ask->id);
}
