#include "actors/content/content.h"

enum status content_credits(struct call *call) {
    const struct title_one *ask = call->ask;
    struct credit_list *reply = call->reply;
    if (title_visible(call, ask->id, ask->all, &reply->version) != OK)
        return call->status;
    reply->has_version = true;
    struct rows *rows = call_run(call, Q_credit_list, NULL);
    if (!rows)
        return call->status;
    size_t n = rows_count(rows);
    reply->items = rows_list(rows, credit_record(), call->arena);
    rows_free(rows);
    return reply->items.n == n ? OK : INTERNAL;
}
