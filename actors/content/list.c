#include "actors/content/content.h"
#include "actors/page.h"

static unsigned query_for(const struct title_list_ask *ask) {
    if (ask->category)
        return Q_title_page_category;
    if (ask->state)
        return Q_title_page_state;
    return ask->kind ? Q_title_page_kind : Q_title_page;
}

enum status content_list(struct call *call) {
    const struct title_list_ask *ask = call->ask;
    struct title_page *reply = call->reply;
    struct page page;
    if (page_open(call, ask->limit, ask->cursor, &page) != OK)
        return call->status;
    struct rows *rows = call_run(call, query_for(ask), ARGS(PAGE_ARGS(page)));
    if (!rows)
        return call->status;
    size_t n = page_take(&page, rows, call->arena, &reply->next);
    reply->items.at = arena_alloc(call->arena, n * sizeof(struct title) + 1);
    for (; reply->items.at && reply->items.n < n; reply->items.n++)
        if (title_fill(rows, reply->items.n, &LIST_AT(reply->items, struct title, reply->items.n), call->arena))
            break;
    rows_free(rows);
    return reply->items.n == n ? OK : INTERNAL;
}
