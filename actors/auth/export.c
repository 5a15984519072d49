#include "actors/auth/billing.h"
#include "actors/page.h"
#include "protocol/node/clock.h"

enum { LINES_MOST = 1000 };

/* What was paid, and for what. */
static enum status add_billing(struct call *call, struct account_export *reply) {
    struct page page;
    if (page_open(call, 0, NULL, &page) != OK ||
        subscriptions_list(call, call->header.user, &reply->subscriptions) != OK)
        return call->status;
    page.limit = LINES_MOST - 1;
    struct rows *rows =
        call_run(call, Q_payments_page,
                 ARGS(PAGE_ARGS(page), ARG_INT("account_id", call->header.user), ARG_TEXT("status", NULL)));
    if (!rows)
        return call->status;
    size_t all = rows_count(rows);
    reply->payments = rows_list(rows, payment_record(), call->arena);
    rows_free(rows);
    return reply->payments.n == all ? OK : INTERNAL;
}

enum status auth_export(struct call *call) {
    struct account_export *reply = call->reply;
    if (caller_needed(call) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_account_secret, ARGS(ARG_INT("user", call->header.user)));
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0;
    reply->account = found ? account_from_row(rows, 0, call->arena) : NULL;
    reply->two_factor = found && rows_bool(rows, 0, "two_factor");
    rows_free(rows);
    if (!found)
        return call_refuse(call, NOT_FOUND, "account-gone", "This account is no longer there.");
    if (!reply->account)
        return INTERNAL;
    if (!(rows = call_run(call, Q_sessions_ever, ARGS(ARG_INT("account_id", call->header.user)))))
        return call->status;
    size_t all = rows_count(rows);
    reply->sessions = rows_list(rows, login_row_record(), call->arena);
    rows_free(rows);
    reply->exported_at = clock_wall_ms();
    return reply->sessions.n == all ? add_billing(call, reply) : INTERNAL;
}
