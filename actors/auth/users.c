#include "actors/auth/auth.h"
#include "actors/page.h"

enum status auth_users(struct call *call) {
    const struct person_list_ask *ask = call->ask;
    struct person_page *reply = call->reply;
    struct page page;
    if (call_needs(call, ROLE_ADMIN) != OK || page_open(call, ask->limit, ask->cursor, &page) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_people_page, ARGS(PAGE_ARGS(page)));
    if (!rows)
        return call->status;
    size_t n = page_take(&page, rows, call->arena, &reply->next), all = rows_count(rows);
    reply->items = rows_list(rows, person_record(), call->arena);
    int rc = reply->items.n == all ? 0 : -1;
    for (size_t i = 0; i < n && !rc; i++)
        rc = person_roles(rows, i, &LIST_AT(reply->items, struct person, i), call->arena);
    reply->items.n = n;
    rows_free(rows);
    return rc ? INTERNAL : OK;
}
