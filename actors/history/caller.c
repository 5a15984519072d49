#include "actors/history/history.h"

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
