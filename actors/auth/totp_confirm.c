#include "actors/auth/auth.h"

enum status auth_totp_confirm(struct call *call) {
    const struct code_ask *ask = call->ask;
    if (caller_needed(call) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_account_secret, ARGS(ARG_INT("user", call->header.user)));
    if (!rows)
        return call->status;
    bool on = rows_count(rows) && rows_bool(rows, 0, "two_factor");
    bool begun = rows_count(rows) && !rows_null(rows, 0, "totp_secret");
    rows_free(rows);
    if (on || !begun)
        return call_refuse(call, CONFLICT, on ? "totp-on" : "totp-not-begun",
                           on ? "The second factor is on already." : "There is no secret yet.");
    if (second_factor(call, call->header.user, ask->code) != OK)
        return call->status == UNAUTHENTICATED
                   ? call_refuse(call, INVALID, "totp-refused", "This code is not the one of now.")
                   : call->status;
    enum status status = call_do(call, Q_totp_on, ARGS(ARG_INT("account_id", call->header.user)));
    return status == OK ? recovery_replace(call) : status;
}
