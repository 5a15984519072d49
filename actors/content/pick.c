#include "actors/content/content.h"
#include "db/array.h"

enum status content_pick(struct call *call) {
    const struct titles_pick *ask = call->ask;
    struct title_page *reply = call->reply;
    const char *ids = array_write(&ask->ids, TYPE_NUMBERS, call->arena);
    struct rows *rows = ids ? call_run(call, Q_titles_pick, ARGS(ARG_TEXT("ids", ids))) : NULL;
    if (!rows)
        return ids ? call->status : INTERNAL;
    size_t n = rows_count(rows);
    reply->items = titles_fill(rows, 0, n, call->arena);
    rows_free(rows);
    return reply->items.n == n ? OK : INTERNAL;
}
