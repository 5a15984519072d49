#include "actors/auth/auth.h"

/* Rows become visible in the order of their commits, not of their numbers: the query therefore goes back a little, and
 * edges may be told of a session twice. */
enum status auth_revoked(struct call *call) {
    struct revoked_reply *reply = call->reply;
    const struct revoked_ask *ask = call->ask;
    struct rows *rows = call_run(call, Q_ended_sessions, NULL);
    if (!rows)
        return call->status;
    size_t n = rows_count(rows);
    reply->sessions = rows_list(rows, revoked_session_record(), call->arena);
    reply->last = n ? rows_int(rows, n - 1, "place") : ask->after;
    rows_free(rows);
    return OK;
}
