#include <strings.h>

#include "actors/content/content.h"

/* Up to so many titles are counted at each ask; the count of more is that of a moment ago. */
enum { USUAL_SIZE = 12, COUNTED_MOST = 10000 };

/* What the page is a part of: its genres as an array's literal, NULL for all, and how many titles there are. */
static enum status count(struct call *call, const char *genre, const char **genres, int64_t *total) {
    struct rows *rows = call_run(call, Q_numbered_kept, ARGS(ARG_TEXT("genre", genre)));
    if (!rows)
        return call->status;
    bool any = rows_null(rows, 0, "genres");
    int64_t labels = rows_int(rows, 0, "labels"), kept = rows_int(rows, 0, any ? "of_all" : "of_genre");
    *genres = any ? NULL : arena_text(call->arena, rows_text(rows, 0, "genres"));
    bool much = labels < 2 && kept > COUNTED_MOST;
    rows_free(rows);
    if (!any && !*genres)
        return call->status = INTERNAL;
    *total = kept;
    if (much || (!any && !labels))
        return OK;
    if (!(rows = call_run(call, Q_numbered_count, ARGS(ARG_TEXT("genres", *genres)))))
        return call->status;
    *total = rows_int(rows, 0, "total");
    rows_free(rows);
    return OK;
}

enum status content_numbered(struct call *call) {
    const struct numbered_ask *ask = call->ask;
    struct numbered_page *reply = call->reply;
    const char *genre = ask->genre && strcasecmp(ask->genre, "all") != 0 ? ask->genre : "", *genres = NULL;
    reply->page = ask->has_page ? ask->page : 1;
    reply->size = ask->has_size ? ask->size : USUAL_SIZE;
    reply->has_page = reply->has_size = reply->has_total = reply->has_pages = true;
    if (count(call, genre, &genres, &reply->total) != OK)
        return call->status;
    reply->pages = (reply->total + reply->size - 1) / reply->size;
    if (reply->page > reply->pages)
        return OK;
    struct rows *rows =
        call_run(call, Q_numbered,
                 ARGS(ARG_TEXT("genres", genres), ARG_TEXT("sort", ask->sort ? ask->sort : "rating_desc"),
                      ARG_INT("size", reply->size), ARG_INT("skip", (reply->page - 1) * reply->size)));
    if (!rows)
        return call->status;
    size_t n = rows_count(rows);
    reply->items = titles_fill(rows, 0, n, call->arena);
    rows_free(rows);
    return reply->items.n == n ? OK : INTERNAL;
}
