#include "actors/content/content.h"
#include "protocol/wire/buffer.h"

static void find(struct call *call, const struct rows *rows, const int64_t *ids) {
    const struct title_one *ask = call->ask;
    size_t row = 0, n = rows_count(rows);
    while (row < n && ids[row] != ask->id)
        row++;
    bool seen = row < n && (asks_for_all(call, ask->all) ||
                            (rows_bool(rows, row, "visible") && rows_bool(rows, row, "series_visible")));
    if (!seen)
        call->status = NOT_FOUND;
    else
        call->status = title_fill(rows, row, call->reply, call->arena) ? INTERNAL : OK;
}

static struct rows *run(struct call **calls, size_t n) {
    struct buffer ids = {0};
    struct rows *rows = NULL;
    for (size_t i = 0; i < n; i++)
        buffer_print(&ids, "%s%lld", i ? "," : "{", (long long)((const struct title_one *)calls[i]->ask)->id);
    buffer_print(&ids, "}");
    if (!ids.failed)
        rows = db_run(calls[0]->db, Q_titles_show, NULL, NULL, ARGS(ARG_TEXT("ids", ids.at)));
    for (size_t i = 0; i < n; i++)
        calls[i]->status = ids.failed ? INTERNAL : db_status(calls[0]->db);
    buffer_free(&ids);
    return rows;
}

/* One statement for all who ask at the same time. */
void content_show(struct call **calls, size_t n) {
    struct rows *rows = run(calls, n);
    size_t found = rows ? rows_count(rows) : 0;
    int64_t *ids = rows ? arena_alloc(calls[0]->arena, found * sizeof *ids + 1) : NULL;
    for (size_t row = 0; ids && row < found; row++)
        ids[row] = rows_int(rows, row, "id");
    for (size_t i = 0; rows && i < n; i++) {
        if (ids)
            find(calls[i], rows, ids);
        else
            calls[i]->status = INTERNAL;
    }
    rows_free(rows);
}
