#include <string.h>

#include "actors/content/content.h"
#include "actors/page.h"

enum { FEW = 3000 };

/* The cursor behind row `row`. */
static const char *cursor_of(struct call *call, const char *sort, const struct rows *rows, size_t row) {
    static const struct {
        const char *sort, *column;
    } keys[] = {{"year", "sort_year"}, {"rating", "sort_rating"}, {"popularity", "popularity"}};
    const char *name = sort + (*sort == '-');
    int64_t id = rows_int(rows, row, "id");
    if (!strcmp(name, "newest")) {
        char *text = arena_alloc(call->arena, CURSOR_BYTES);
        if (text)
            cursor_write(rows_int(rows, row, "place_us"), id, text);
        return text;
    }
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!strcmp(name, keys[i].sort))
            return place_write(call, sort, rows_real(rows, row, keys[i].column), NULL, id);
    return place_write(call, sort, 0, rows_text(rows, row, "sort_title"), id);
}

/* Whether so few titles have the genre or category that all of them are sooner read than found in an order. When a
 * title came and what it is called say nothing of its genre; how popular it is does. */
static bool few(struct call *call, const char *sort) {
    const struct title_list_ask *ask = call->ask;
    if ((!ask->genre && !ask->category) || (!strstr(sort, "popularity") && !strstr(sort, "rating")))
        return false;
    struct rows *rows = call_run(call, Q_labels_rarest, NULL);
    bool rare = rows && rows_count(rows) && !rows_null(rows, 0, "titles") && rows_int(rows, 0, "titles") <= FEW;
    rows_free(rows);
    return rare;
}

enum status content_list(struct call *call) {
    const struct title_list_ask *ask = call->ask;
    struct title_page *reply = call->reply;
    const char *sort = ask->sort ? ask->sort : "newest";
    struct place place;
    if ((ask->all && call_needs(call, ROLE_ADMIN) != OK) ||
        place_open(call, sort, ask->limit, ask->cursor, &place) != OK)
        return call->status;
    bool rare = few(call, sort);
    struct rows *rows = call->status == OK ? call_run(call, Q_title_list,
                                                      ARGS(PLACE_ARGS(place), ARG_TEXT("sort", sort),
                                                           ARG_BOOL("all", ask->all), ARG_BOOL("few", rare)))
                                           : NULL;
    if (!rows)
        return call->status;
    size_t n = rows_count(rows), most = (size_t)place.limit;
    if (n > most)
        reply->next = cursor_of(call, sort, rows, most - 1);
    bool whole = n <= most || reply->next;
    n = n > most ? most : n;
    reply->items = titles_fill(rows, 0, n, call->arena);
    rows_free(rows);
    return whole && reply->items.n == n ? OK : INTERNAL;
}
