#include "actors/auth/auth.h"

enum status last_administrator(struct call *call, int64_t account_id) {
    struct rows *rows = call_run(call, Q_administrators_lock, NULL);
    if (!rows)
        return call->status;
    bool last = rows_count(rows) == 1 && rows_int(rows, 0, "id") == account_id;
    rows_free(rows);
    return last ? call_refuse(call, CONFLICT, "last-administrator", "This is the only administrator that is left.")
                : OK;
}

enum status account_erase(struct call *call, int64_t account_id) {
    if (last_administrator(call, account_id) != OK || sessions_finish_all(call, account_id, 0) != OK ||
        call_do(call, Q_audit_forget, ARGS(ARG_INT("account_id", account_id))) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_account_delete, ARGS(ARG_INT("account_id", account_id)));
    if (!rows)
        return call->status;
    bool gone = rows_count(rows) > 0;
    const char *picture = gone ? arena_text(call->arena, rows_text(rows, 0, "picture")) : NULL;
    rows_free(rows);
    if (!gone)
        return call_refuse(call, NOT_FOUND, "account-gone", "There is no such account.");
    if (!picture || picture_let_go(call, picture) != OK)
        return INTERNAL;
    struct account_ref ref = {.account_id = account_id};
    enum status status = call_post(call, MSG_history_forget_account, &ref);
    return status == OK ? call_post(call, MSG_mail_forget_account, &ref) : status;
}
