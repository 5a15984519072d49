#include <string.h>

#include "actors/auth/auth.h"

enum status auth_profile(struct call *call) {
    const struct profile_ask *ask = call->ask;
    struct account_reply *reply = call->reply;
    if (caller_needed(call) != OK)
        return call->status;
    if (ask->name && strspn(ask->name, " \t\r\n") == strlen(ask->name))
        return call_invalid(call, "/name", "must not be blank");
    struct rows *rows = call_run(call, Q_profile_set, ARGS(ARG_INT("user", call->header.user)));
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0;
    reply->account = found ? account_from_row(rows, 0, call->arena) : NULL;
    rows_free(rows);
    if (!found)
        return call_refuse(call, NOT_FOUND, "account-gone", "This account is no longer there.");
    return reply->account ? OK : INTERNAL;
}
