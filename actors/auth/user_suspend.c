#include "actors/auth/auth.h"

static enum status change(struct call *call) {
    struct rows *rows = call_run(call, Q_person_suspend, NULL);
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0;
    rows_free(rows);
    return found ? OK : person_missing(call);
}

enum status auth_user_suspend(struct call *call) {
    const struct suspend_ask *ask = call->ask;
    if (call_needs(call, ROLE_ADMIN) != OK || (ask->suspended && last_administrator(call, ask->id) != OK) ||
        change(call) != OK || (ask->suspended && sessions_finish_all(call, ask->id, 0) != OK) ||
        audit(call, ask->suspended ? "suspend" : "unsuspend", ask->id, ask->reason, ask->address) != OK)
        return call->status;
    return person_reply(call, ask->id);
}
