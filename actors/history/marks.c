#include "actors/history/history.h"
#include "actors/page.h"

enum status history_marks(struct call *call) {
    const struct marks_ask *ask = call->ask;
    struct marks_page *reply = call->reply;
    struct page page;
    if (history_caller(call) != OK || page_open(call, ask->limit, ask->cursor, &page) != OK)
        return call->status;
    return history_paged(call, &page, Q_marks_page, marked_item_record(), &reply->items, &reply->next);
}
