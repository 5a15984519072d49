#include <math.h>
#include <string.h>

#include "actors/content/content.h"

static struct rows *find(struct call *call, const struct words *words, const struct place *place) {
    const struct search_ask *ask = call->ask;
    return call_run(call, Q_search_find,
                    ARGS(ARG_TEXT("folded", words->folded), ARG_TEXT("names", words->names),
                         ARG_TEXT("words", words->words), ARG_BOOL("facets", !ask->cursor),
                         ARG_REAL("key_real", place->real), ARG_INT("key_id", place->id),
                         ARG_INT("rows", place->limit + 1)));
}

static size_t titles_of(const struct rows *rows) {
    size_t n = 0;
    while (n < rows_count(rows) && !strcmp(rows_text(rows, n, "what"), "title"))
        n++;
    return n;
}

static enum status fill_facets(struct call *call, const struct rows *rows, size_t from, struct list *facets) {
    size_t n = rows_count(rows) - from;
    *facets = (struct list){arena_alloc(call->arena, (n > 100 ? 100 : n) * sizeof(struct facet) + 1), 0};
    for (; facets->at && facets->n < n && facets->n < 100; facets->n++)
        LIST_AT(*facets, struct facet, facets->n) =
            (struct facet){.name = arena_text(call->arena, rows_text(rows, from + facets->n, "facet")),
                           .value = arena_text(call->arena, rows_text(rows, from + facets->n, "value")),
                           .count = rows_int(rows, from + facets->n, "number"),
                           .has_count = true};
    return facets->at ? OK : INTERNAL;
}

/* The titles of the page, in the order of `rows`. */
static enum status fill_titles(struct call *call, const struct rows *rows, size_t n, struct list *items) {
    const char *ids = NULL;
    struct list unordered = {0};
    struct rows *shown = NULL;
    if ((ids = ids_of(rows, "id", call->arena)))
        shown = call_run(call, Q_titles_show, ARGS(ARG_TEXT("ids", ids)));
    if (!shown)
        return ids ? call->status : INTERNAL;
    unordered = titles_fill(shown, 0, rows_count(shown), call->arena);
    rows_free(shown);
    items->at = arena_alloc(call->arena, n * sizeof(struct title) + 1);
    for (size_t i = 0; items->at && i < n; i++)
        for (size_t k = 0; k < unordered.n; k++)
            if (LIST_AT(unordered, struct title, k).id == rows_int(rows, i, "id"))
                LIST_AT(*items, struct title, items->n++) = LIST_AT(unordered, struct title, k);
    return items->at ? OK : INTERNAL;
}

static enum status fill(struct call *call, const struct rows *rows, const struct place *place) {
    struct search_page *reply = call->reply;
    size_t titles = titles_of(rows), most = (size_t)place->limit;
    if (titles > most)
        reply->next =
            place_write(call, "-search", rows_real(rows, most - 1, "score"), NULL, rows_int(rows, most - 1, "id"));
    if (titles > most && !reply->next)
        return INTERNAL;
    reply->total = titles ? rows_int(rows, 0, "number") : 0;
    if (fill_facets(call, rows, titles, &reply->facets) != OK)
        return INTERNAL;
    return fill_titles(call, rows, titles > most ? most : titles, &reply->items);
}

/* Looks for other words; true when something has them, which is then in *rows. */
static bool look_again(struct call *call, const struct place *place, struct words *words, const char *text,
                       struct rows **rows) {
    if (!text || call->status != OK)
        return false;
    words->words = words->names = text;
    struct rows *other = find(call, words, place);
    if (!other || !rows_count(other)) {
        rows_free(other);
        return false;
    }
    rows_free(*rows);
    *rows = other;
    return true;
}

/* When nothing has the words as they stand, what has them inside of others is looked for, then those that are near. */
static struct rows *find_or_guess(struct call *call, const struct place *place, struct words *words) {
    const struct search_ask *ask = call->ask;
    struct rows *rows = find(call, words, place);
    struct guessed guessed;
    if (!rows || rows_count(rows))
        return rows;
    if (words_guess(call, ask->q, &guessed) == OK && !look_again(call, place, words, guessed.inside, &rows)) {
        const char *texts[] = {guessed.near, guessed.wide, guessed.most};
        words->folded = guessed.corrected;
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            if (look_again(call, place, words, texts[i], &rows)) {
                ((struct search_page *)call->reply)->corrected = guessed.corrected;
                break;
            }
    }
    call->status = call->status == NOT_FOUND ? OK : call->status;
    return rows;
}

enum status content_search(struct call *call) {
    const struct search_ask *ask = call->ask;
    struct search_page *reply = call->reply;
    struct place place;
    struct words words;
    reply->has_total = true;
    if (place_open(call, "-search", ask->limit, ask->cursor, &place) != OK || words_read(call, ask->q, &words) != OK ||
        !words.words)
        return call->status;
    if (!ask->cursor)
        place.id = 0;
    struct rows *rows = find_or_guess(call, &place, &words);
    if (!rows)
        return call->status;
    if (call->status == OK)
        call->status = fill(call, rows, &place);
    rows_free(rows);
    return call->status;
}
