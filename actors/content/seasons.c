#include "actors/content/content.h"

/* The episodes of a season stand together in `rows`; season 3 may be missing in either list. */
static enum status fill(struct call *call, const struct rows *rows, struct season *season) {
    size_t first = 0, n = 0, count = rows_count(rows);
    while (first < count && rows_int(rows, first, "season") < season->number)
        first++;
    while (first + n < count && n < 500 && rows_int(rows, first + n, "season") == season->number)
        n++;
    season->episodes = titles_fill(rows, first, n, call->arena);
    return season->episodes.n == n ? OK : INTERNAL;
}

enum status content_seasons(struct call *call) {
    const struct seasons_ask *ask = call->ask;
    struct season_list *reply = call->reply;
    if (title_visible(call, ask->id, ask->all, &reply->version) != OK)
        return call->status;
    reply->has_version = true;
    struct rows *rows = call_run(call, Q_season_list, NULL);
    if (!rows)
        return call->status;
    size_t n = rows_count(rows);
    reply->items = rows_list(rows, season_record(), call->arena);
    rows_free(rows);
    if (reply->items.n != n)
        return INTERNAL;
    rows = call_run(call, Q_episode_list, ARGS(ARG_BOOL("all", asks_for_all(call, ask->all))));
    for (size_t i = 0; rows && call->status == OK && i < n; i++)
        call->status = fill(call, rows, &LIST_AT(reply->items, struct season, i));
    rows_free(rows);
    return call->status;
}
