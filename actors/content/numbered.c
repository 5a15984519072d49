#include <strings.h>

#include "actors/content/content.h"

enum { USUAL_SIZE = 12 };

enum status content_numbered(struct call *call) {
    const struct numbered_ask *ask = call->ask;
    struct numbered_page *reply = call->reply;
    const char *genre = ask->genre && strcasecmp(ask->genre, "all") != 0 ? ask->genre : "";
    reply->page = ask->has_page ? ask->page : 1;
    reply->size = ask->has_size ? ask->size : USUAL_SIZE;
    reply->has_page = reply->has_size = reply->has_total = reply->has_pages = true;
    struct rows *rows = call_run(call, Q_numbered_count, ARGS(ARG_TEXT("genre", genre)));
    if (!rows)
        return call->status;
    reply->total = rows_int(rows, 0, "total");
    reply->pages = (reply->total + reply->size - 1) / reply->size;
    rows_free(rows);
    if (reply->page > reply->pages)
        return OK;
    rows = call_run(call, Q_numbered,
                    ARGS(ARG_TEXT("genre", genre), ARG_TEXT("sort", ask->sort ? ask->sort : "rating_desc"),
                         ARG_INT("size", reply->size), ARG_INT("skip", (reply->page - 1) * reply->size)));
    if (!rows)
        return call->status;
    size_t n = rows_count(rows);
    reply->items = titles_fill(rows, 0, n, call->arena);
    rows_free(rows);
    return reply->items.n == n ? OK : INTERNAL;
}
