#include "actors/mail/mail.h"
#include "actors/page.h"

enum status mail_notifications(struct call *call) {
    const struct notification_list_ask *ask = call->ask;
    struct notification_page *reply = call->reply;
    struct page page;
    if (caller_needed(call) != OK || page_open(call, ask->limit, ask->cursor, &page) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_notifications_page, ARGS(PAGE_ARGS(page), ARG_INT("user", call->header.user)));
    if (!rows)
        return call->status;
    size_t n = page_take(&page, rows, call->arena, &reply->next), all = rows_count(rows);
    reply->items = rows_list(rows, notification_record(), call->arena);
    bool whole = reply->items.n == all;
    reply->items.n = n;
    rows_free(rows);
    if (!whole)
        return INTERNAL;
    if (!(rows = call_run(call, Q_notifications_unread, ARGS(ARG_INT("user", call->header.user)))))
        return call->status;
    reply->unread = rows_int(rows, 0, "count");
    rows_free(rows);
    return OK;
}
