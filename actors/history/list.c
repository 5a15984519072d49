#include "actors/history/history.h"
#include "actors/page.h"

enum status history_list(struct call *call) {
    const struct page_ask *ask = call->ask;
    struct history_page *reply = call->reply;
    struct page page;
    if (history_caller(call) != OK || page_open(call, ask->limit, ask->cursor, &page) != OK)
        return call->status;
    return history_paged(call, &page, Q_progress_page, history_item_record(), &reply->items, &reply->next);
}
