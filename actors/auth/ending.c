#include "actors/auth/auth.h"

enum status sessions_finish(struct call *call, unsigned query, const struct db_arg *args, size_t *count) {
    struct rows *rows = call_run(call, query, args);
    if (!rows)
        return call->status;
    size_t n = rows_count(rows);
    for (size_t i = 0; i < n; i++)
        call_event(call, &(struct bus_event){.topic = "revoked",
                                             .id = rows_int(rows, i, "session_id"),
                                             .has_id = true,
                                             .until = rows_int(rows, i, "until"),
                                             .has_until = true});
    rows_free(rows);
    if (count)
        *count = n;
    return OK;
}

enum status sessions_finish_all(struct call *call, int64_t account_id, int64_t spared) {
    return sessions_finish(call, Q_sessions_end_all,
                           ARGS(ARG_INT("account_id", account_id), ARG_INT("spared", spared),
                                ARG_INT("seconds", realm_access_seconds_max())),
                           NULL);
}

enum status caller_needed(struct call *call) {
    return call->header.user > 0 ? OK
                                 : call_refuse(call, UNAUTHENTICATED, "unauthenticated", "A valid login is needed.");
}
