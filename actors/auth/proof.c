#include <stdio.h>

#include "actors/auth/auth.h"

enum status caller_proves(struct call *call, const char *password, struct account **account, bool *two_factor) {
    char user[24];
    snprintf(user, sizeof user, "%lld", (long long)call->header.user);
    if (caller_needed(call) != OK || limit_take(call, LIMIT_CODE, "password", user) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_account_secret, ARGS(ARG_INT("user", call->header.user)));
    if (!rows)
        return call->status;
    bool right = password_matches(password, rows_count(rows) ? rows_text(rows, 0, "password") : NULL, NULL);
    *account = right ? account_from_row(rows, 0, call->arena) : NULL;
    if (two_factor)
        *two_factor = right && rows_bool(rows, 0, "two_factor");
    rows_free(rows);
    if (!right)
        return call_refuse(call, FORBIDDEN, "wrong-password", "The present password is wrong.");
    limit_give_back(LIMIT_CODE, "password", user);
    return *account ? OK : INTERNAL;
}

enum status caller_proves_all(struct call *call, const char *password, const char *code, struct account **account,
                              bool *two_factor) {
    enum status status = caller_proves(call, password, account, two_factor);
    if (status == OK && *two_factor)
        status = second_factor(call, (*account)->id, code);
    /* The caller is logged in: a missing code is no reason to log in again. */
    if (status == UNAUTHENTICATED && call->problem && call->header.user > 0)
        return call_refuse(call, FORBIDDEN, call->problem->code, call->problem->detail);
    return status;
}
