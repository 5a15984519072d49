#include "actors/content/content.h"
#include "db/array.h"

enum status keep_up(struct call *call, const char *ids) {
    static const unsigned queries[] = {Q_search_refresh, Q_lexicon_learn, Q_labels_learn, Q_traits_refresh,
                                       Q_changes_note};
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        if (!ids || call_do(call, queries[i], ARGS(ARG_TEXT("ids", ids))) != OK)
            return ids ? call->status : INTERNAL;
    return OK;
}

enum status keep_up_one(struct call *call, int64_t id) {
    return keep_up(call, arena_print(call->arena, "{%lld}", (long long)id));
}

const char *ids_of(const struct rows *rows, const char *column, struct arena *arena) {
    size_t n = rows_count(rows);
    struct list list = {arena_alloc(arena, n * sizeof(int64_t) + 1), 0};
    for (; list.at && list.n < n; list.n++)
        LIST_AT(list, int64_t, list.n) = rows_int(rows, list.n, column);
    return list.at ? array_write(&list, TYPE_NUMBERS, arena) : NULL;
}

enum status titles_remove(struct call *call, const char *ids, struct list *done) {
    struct rows *rows = call_run(call, Q_titles_delete, ARGS(ARG_TEXT("ids", ids)));
    if (!rows)
        return call->status;
    size_t n = rows_count(rows);
    struct list series = {arena_alloc(call->arena, n * sizeof(int64_t) + 1), 0};
    *done = (struct list){arena_alloc(call->arena, n * sizeof(int64_t) + 1), 0};
    for (size_t i = 0; call->status == OK && i < n; i++) {
        int64_t id = rows_int(rows, i, "id");
        if (!done->at || !series.at || tell_deleted(call, id, rows_int(rows, i, "revision")) != OK ||
            tell_forget(call, id) != OK || pictures_let_go(call, rows, i) != OK)
            break;
        tell_changed(call, id);
        if (!rows_null(rows, i, "parent_id")) {
            LIST_AT(series, int64_t, series.n++) = rows_int(rows, i, "parent_id");
            tell_changed(call, rows_int(rows, i, "parent_id"));
        }
        if (rows_bool(rows, i, "asked"))
            LIST_AT(*done, int64_t, done->n++) = id;
    }
    rows_free(rows);
    if (!done->at || !series.at)
        return call->status = INTERNAL;
    /* What was found by its episodes is not any more. */
    return call->status == OK && series.n ? keep_up(call, array_write(&series, TYPE_NUMBERS, call->arena))
                                          : call->status;
}
