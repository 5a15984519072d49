#include "actors/auth/auth.h"

static enum status change(struct call *call) {
    struct rows *rows = call_run(call, Q_person_suspend, NULL);
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0;
    rows_free(rows);
    return found ? OK : person_missing(call);
}

static enum status shut_out(struct call *call, int64_t id) {
    return sessions_finish_all(call, id, 0) == OK ? call_do(call, Q_ends_inactive, ARGS(ARG_INT("account_id", id)))
                                                  : call->status;
}

enum status auth_user_suspend(struct call *call) {
    const struct suspend_ask *ask = call->ask;
    if (call_needs(call, ROLE_ADMIN) != OK || (ask->suspended && last_administrator(call, ask->id) != OK) ||
        change(call) != OK || (ask->suspended && shut_out(call, ask->id) != OK) ||
        audit(call, ask->suspended ? "suspend" : "unsuspend", ask->id, ask->reason, ask->address) != OK)
        return call->status;
    return person_reply(call, ask->id);
}
