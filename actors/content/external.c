#include "actors/content/content.h"

enum status content_external(struct call *call) {
    struct external_list *reply = call->reply;
    if (call_needs(call, ROLE_ADMIN | ROLE_SERVICE) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_titles_external, NULL);
    if (!rows)
        return call->status;
    size_t n = rows_count(rows);
    reply->items = rows_list(rows, external_title_record(), call->arena);
    rows_free(rows);
    return reply->items.n == n ? OK : INTERNAL;
}
