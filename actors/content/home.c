#include "actors/content/content.h"

enum { USUAL_LIMIT = 12, ROWS_MAX = 30 };

static size_t row_length(const struct rows *rows, size_t from) {
    size_t n = from, count = rows_count(rows);
    while (n < count && rows_int(rows, n, "row_place") == rows_int(rows, from, "row_place"))
        n++;
    return n - from;
}

enum status content_home(struct call *call) {
    const struct home_ask *ask = call->ask;
    struct home_page *reply = call->reply;
    int64_t limit = ask->has_limit ? ask->limit : USUAL_LIMIT;
    struct rows *rows = call_run(call, Q_home, ARGS(ARG_INT("limit", limit)));
    if (!rows)
        return call->status;
    reply->rows.at = arena_alloc(call->arena, ROWS_MAX * sizeof(struct home_row));
    if (!reply->rows.at)
        call->status = INTERNAL;
    for (size_t at = 0, n; call->status == OK && at < rows_count(rows) && reply->rows.n < ROWS_MAX; at += n) {
        struct home_row *row = &LIST_AT(reply->rows, struct home_row, reply->rows.n++);
        n = row_length(rows, at);
        row->name = arena_text(call->arena, rows_text(rows, at, "row_name"));
        row->label =
            rows_null(rows, at, "row_label") ? NULL : arena_text(call->arena, rows_text(rows, at, "row_label"));
        row->items = titles_fill(rows, at, n, call->arena);
        if (!row->name || row->items.n != n)
            call->status = INTERNAL;
    }
    rows_free(rows);
    return call->status;
}
