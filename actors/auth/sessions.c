#include "actors/auth/auth.h"

enum status auth_sessions(struct call *call) {
    struct login_list *reply = call->reply;
    if (caller_needed(call) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_sessions_of, ARGS(ARG_INT("account_id", call->header.user)));
    if (!rows)
        return call->status;
    size_t all = rows_count(rows);
    reply->items = rows_list(rows, login_row_record(), call->arena);
    rows_free(rows);
    return reply->items.n == all ? OK : INTERNAL;
}
