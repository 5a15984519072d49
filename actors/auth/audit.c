#include "actors/auth/auth.h"
#include "actors/page.h"

enum status auth_audit(struct call *call) {
    const struct page_ask *ask = call->ask;
    struct audit_page *reply = call->reply;
    struct page page;
    if (call_needs(call, ROLE_ADMIN) != OK || page_open(call, ask->limit, ask->cursor, &page) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_audit_page, ARGS(PAGE_ARGS(page)));
    if (!rows)
        return call->status;
    size_t n = page_take(&page, rows, call->arena, &reply->next), all = rows_count(rows);
    reply->items = rows_list(rows, audit_entry_record(), call->arena);
    bool whole = reply->items.n == all;
    reply->items.n = n;
    rows_free(rows);
    return whole ? OK : INTERNAL;
}
