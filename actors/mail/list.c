#include "actors/mail/mail.h"
#include "actors/page.h"

enum status mail_list(struct call *call) {
    const struct letter_list_ask *ask = call->ask;
    struct letter_page *reply = call->reply;
    struct page page;
    if (call_needs(call, ROLE_ADMIN) != OK || page_open(call, ask->limit, ask->cursor, &page) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_letters_page, ARGS(PAGE_ARGS(page)));
    if (!rows)
        return call->status;
    size_t n = page_take(&page, rows, call->arena, &reply->next), all = rows_count(rows);
    reply->items = rows_list(rows, letter_row_record(), call->arena);
    bool whole = reply->items.n == all;
    reply->items.n = n;
    rows_free(rows);
    return whole ? OK : INTERNAL;
}
