#include "actors/history/history.h"

enum status history_marks_ids(struct call *call, struct list *ids) {
    struct rows *rows = call_run(call, Q_marks_ids, ARGS(ARG_INT("user", call->header.user)));
    if (!rows)
        return call->status;
    size_t n = rows_count(rows);
    ids->at = arena_alloc(call->arena, n * sizeof(int64_t) + 1);
    for (size_t i = 0; ids->at && i < n; i++)
        LIST_AT(*ids, int64_t, ids->n++) = rows_int(rows, i, "title_id");
    rows_free(rows);
    return ids->n == n ? OK : INTERNAL;
}

enum status history_marked(struct call *call) {
    struct marked_reply *reply = call->reply;
    return history_caller(call) == OK ? history_marks_ids(call, &reply->ids) : call->status;
}
