#include "actors/history/history.h"
#include "actors/page.h"

enum status history_list(struct call *call) {
    const struct page_ask *ask = call->ask;
    struct history_page *reply = call->reply;
    struct page page;
    if (history_caller(call) != OK || page_open(call, ask->limit, ask->cursor, &page) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_progress_page, ARGS(PAGE_ARGS(page), ARG_INT("user", call->header.user)));
    if (!rows)
        return call->status;
    size_t n = page_take(&page, rows, call->arena, &reply->next);
    if (history_items(call, rows, history_item_record(), &reply->items) == OK)
        reply->items.n = n;
    return call->status;
}
