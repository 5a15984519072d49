#include "actors/content/content.h"

enum { USUAL_LIMIT = 12 };

enum status content_similar(struct call *call) {
    const struct similar_ask *ask = call->ask;
    struct similar_page *reply = call->reply;
    int64_t version;
    if (title_visible(call, ask->id, false, &version) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_similar, ARGS(ARG_INT("limit", ask->has_limit ? ask->limit : USUAL_LIMIT)));
    if (!rows)
        return call->status;
    size_t n = rows_count(rows);
    struct list titles = titles_fill(rows, 0, n, call->arena);
    reply->items.at = arena_alloc(call->arena, n * sizeof(struct similar_title) + 1);
    for (; reply->items.at && reply->items.n < titles.n; reply->items.n++) {
        struct similar_title *one = &LIST_AT(reply->items, struct similar_title, reply->items.n);
        one->title = &LIST_AT(titles, struct title, reply->items.n);
        one->score = rows_real(rows, reply->items.n, "score");
        one->score = one->score > 1 ? 1 : one->score;
        one->has_score = true;
        one->reason = arena_text(call->arena, rows_text(rows, reply->items.n, "reason"));
    }
    rows_free(rows);
    return reply->items.at && reply->items.n == n ? OK : INTERNAL;
}
