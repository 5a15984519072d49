#include "actors/content/content.h"

enum status content_labels(struct call *call) {
    struct label_list *reply = call->reply;
    struct rows *rows = call_run(call, Q_labels_list, NULL);
    if (!rows)
        return call->status;
    size_t n = rows_count(rows);
    reply->items = rows_list(rows, label_record(), call->arena);
    rows_free(rows);
    return reply->items.n == n ? OK : INTERNAL;
}
