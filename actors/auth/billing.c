#include "actors/auth/billing.h"

#include <string.h>

#include "actors/page.h"
#include "protocol/node/config.h"

enum { LIST_MOST = 200 };

static struct rows *subscriptions_run(struct call *call, int64_t account_id, int64_t id, bool newest, int64_t rows) {
    struct db_arg which = id ? (struct db_arg)ARG_INT("id", id) : (struct db_arg)ARG_TEXT("id", NULL);
    return call_run(call, Q_subscriptions_of,
                    ARGS(ARG_INT("account_id", account_id), which, ARG_BOOL("newest", newest), ARG_INT("rows", rows),
                         ARG_INT("grace", config()->renewal_grace_seconds)));
}

enum status subscription_reply(struct call *call, int64_t account_id, int64_t id) {
    struct rows *rows = subscriptions_run(call, account_id, id, false, 1);
    if (!rows)
        return call->status;
    if (!rows_count(rows))
        call_refuse(call, NOT_FOUND, "subscription-none", "There is no subscription.");
    else if (rows_fill(rows, 0, subscription_record(), call->reply, call->arena))
        call->status = INTERNAL;
    rows_free(rows);
    return call->status;
}

enum status subscriptions_list(struct call *call, int64_t account_id, struct list *to) {
    struct rows *rows = subscriptions_run(call, account_id, 0, true, LIST_MOST);
    if (!rows)
        return call->status;
    size_t all = rows_count(rows);
    *to = rows_list(rows, subscription_record(), call->arena);
    rows_free(rows);
    return call->status = to->n == all ? OK : INTERNAL;
}

enum status account_hold(struct call *call, int64_t account_id) {
    struct rows *rows = call_run(call, Q_account_lock, ARGS(ARG_INT("account_id", account_id)));
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0;
    rows_free(rows);
    return found ? OK : person_missing(call);
}

enum status plan_missing(struct call *call) {
    return call_refuse(call, NOT_FOUND, "plan-missing", "There is no such plan.");
}

enum status plan_reply(struct call *call, int64_t id) {
    return call_fetch(call, Q_plan_show, ARGS(ARG_INT("id", id))) == NOT_FOUND ? plan_missing(call) : call->status;
}

enum status plan_check(struct call *call, const char *currency, const char *checkout_url) {
    if (currency && strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
        return call_invalid(call, "/currency", "must be three capital letters of ISO 4217");
    for (const unsigned char *c = (const unsigned char *)checkout_url; c && *c; c++)
        if (*c <= ' ' || *c >= 0x7f || strchr("<>\"#", *c))
            return call_invalid(call, "/checkout_url", "must be the address of a page");
    if (checkout_url && *checkout_url && strncmp(checkout_url, "https://", 8) != 0)
        return call_invalid(call, "/checkout_url", "must begin with https://");
    return OK;
}

enum status payments_page(struct call *call, int64_t limit, const char *cursor, int64_t account_id,
                          const char *status) {
    struct payment_page *reply = call->reply;
    struct page page;
    struct db_arg whose =
        account_id ? (struct db_arg)ARG_INT("account_id", account_id) : (struct db_arg)ARG_TEXT("account_id", NULL);
    if (page_open(call, limit, cursor, &page) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_payments_page, ARGS(PAGE_ARGS(page), whose, ARG_TEXT("status", status)));
    if (!rows)
        return call->status;
    size_t n = page_take(&page, rows, call->arena, &reply->next), all = rows_count(rows);
    reply->items = rows_list(rows, payment_record(), call->arena);
    bool whole = reply->items.n == all;
    reply->items.n = n;
    rows_free(rows);
    return whole ? OK : INTERNAL;
}
