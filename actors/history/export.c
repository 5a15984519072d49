#include "actors/history/history.h"

enum status history_export(struct call *call) {
    struct history_export *reply = call->reply;
    if (history_caller(call) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_progress_all, ARGS(ARG_INT("user", call->header.user)));
    if (!rows)
        return call->status;
    size_t all = rows_count(rows);
    reply->items = rows_list(rows, history_item_record(), call->arena);
    rows_free(rows);
    return reply->items.n == all ? OK : INTERNAL;
}
