#include "actors/auth/auth.h"

enum status auth_user_sessions(struct call *call) {
    const struct by_id *ask = call->ask;
    struct login_list *reply = call->reply;
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_sessions_of, ARGS(ARG_INT("account_id", ask->id), ARG_INT("session", 0)));
    if (!rows)
        return call->status;
    size_t all = rows_count(rows);
    reply->items = rows_list(rows, login_row_record(), call->arena);
    rows_free(rows);
    return reply->items.n == all ? OK : INTERNAL;
}
