#ifndef ZOE_ACTORS_PAGE_H
#define ZOE_ACTORS_PAGE_H

#include "actors/actor.h"

/* Pages of lists that are ordered newest first, by a time and a number (keyset). The query selects its records' columns
 * and place_us (the time in microseconds since 1970) and place_id, where (time, number) < (:before_us, :before_id),
 * limit :rows. */
struct page {
    int64_t limit;
    int64_t before_us, before_id; /* exclusive; beyond everything for the first page */
};

/* OK, or INVALID with /cursor. `cursor` is what page_take() gave, NULL for the first page; `limit` 0 means the
 * usual 20. */
enum status page_open(struct call *call, int64_t limit, const char *cursor, struct page *page);

/* The arguments of the query: PAGE_ARGS(page), more... inside ARGS(). */
#define PAGE_ARGS(page)                                                                                                \
    ARG_INT("before_us", (page).before_us), ARG_INT("before_id", (page).before_id), ARG_INT("rows", (page).limit + 1)

/* How many of `rows` belong to the page; *next is the cursor of the page after it, NULL at the end (in the arena). */
size_t page_take(const struct page *page, const struct rows *rows, struct arena *arena, const char **next);

/* The cursor of a place, and back: 0, or -1 when the text is none. */
enum { CURSOR_BYTES = 23 };
void cursor_write(int64_t us, int64_t id, char to[CURSOR_BYTES]);
int cursor_read(const char *text, int64_t *us, int64_t *id);

#endif
