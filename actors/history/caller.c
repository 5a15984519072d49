#include "actors/history/history.h"
#include "actors/page.h"

enum status history_caller(struct call *call) {
    return call->header.user > 0 ? OK
                                 : call_refuse(call, UNAUTHENTICATED, "unauthenticated", "A valid login is needed.");
}

enum status history_items(struct call *call, struct rows *rows, const struct record *record, struct list *items) {
    if (!rows)
        return call->status;
    size_t n = rows_count(rows);
    *items = rows_list(rows, record, call->arena);
    rows_free(rows);
    if (items->n != n)
        call->status = INTERNAL;
    return call->status;
}

enum status history_paged(struct call *call, const struct page *page, unsigned query, const struct record *record,
                          struct list *items, const char **next) {
    struct rows *rows = call_run(call, query, ARGS(PAGE_ARGS(*page), ARG_INT("user", call->header.user)));
    if (!rows)
        return call->status;
    size_t n = page_take(page, rows, call->arena, next);
    if (history_items(call, rows, record, items) == OK)
        items->n = n;
    return call->status;
}
