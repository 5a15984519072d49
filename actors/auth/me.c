#include "actors/auth/auth.h"

enum status auth_me(struct call *call) {
    struct account_reply *reply = call->reply;
    struct rows *rows = call_run(call, Q_account_by_id, ARGS(ARG_INT("id", call->header.user)));
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0;
    if (found)
        reply->account = account_from_row(rows, 0, call->arena);
    rows_free(rows);
    if (!found)
        return call_refuse(call, NOT_FOUND, "account-gone", "This account is no longer there.");
    return reply->account ? OK : INTERNAL;
}
