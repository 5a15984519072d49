#include "actors/content/content.h"

enum status content_persons(struct call *call) {
    const struct artist_list_ask *ask = call->ask;
    struct artist_list *reply = call->reply;
    struct place place;
    struct words words = {0};
    if (place_open(call, "name", ask->limit, ask->cursor, &place) != OK ||
        (ask->q && words_read(call, ask->q, &words) != OK))
        return call->status;
    /* Signs alone find nobody. */
    if (ask->q && !words.names)
        return OK;
    struct rows *rows = call_run(call, Q_person_list,
                                 ARGS(ARG_TEXT("key_text", place.text), ARG_INT("key_id", place.id),
                                      ARG_INT("rows", place.limit + 1), ARG_TEXT("names", words.names)));
    if (!rows)
        return call->status;
    size_t n = rows_count(rows), most = (size_t)place.limit;
    reply->items = rows_list(rows, artist_record(), call->arena);
    bool whole = reply->items.n == n;
    if (whole && n > most) {
        reply->items.n = most;
        reply->next =
            place_write(call, "name", 0, rows_text(rows, most - 1, "sort_name"), rows_int(rows, most - 1, "id"));
        whole = reply->next;
    }
    rows_free(rows);
    return whole ? OK : INTERNAL;
}
