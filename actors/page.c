#include "actors/page.h"

#include <string.h>

enum { USUAL_LIMIT = 20, RAW_BYTES = 16 };

/* Far beyond any row and exact in a double, which interval arithmetic goes through. */
static const int64_t END_OF_TIME_US = INT64_C(1) << 53;

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void cursor_write(int64_t us, int64_t id, char to[CURSOR_BYTES]) {
    uint8_t raw[RAW_BYTES + 2] = {0};
    for (int i = 0; i < 8; i++) {
        raw[i] = (uint8_t)((uint64_t)us >> (56 - 8 * i));
        raw[8 + i] = (uint8_t)((uint64_t)id >> (56 - 8 * i));
    }
    for (int i = 0; i < CURSOR_BYTES - 1; i++) {
        int bit = i * 6, pair = raw[bit / 8] << 8 | raw[bit / 8 + 1];
        to[i] = alphabet[pair >> (10 - bit % 8) & 63];
    }
    to[CURSOR_BYTES - 1] = 0;
}

int cursor_read(const char *text, int64_t *us, int64_t *id) {
    uint64_t high = 0, low = 0;
    if (strlen(text) != CURSOR_BYTES - 1)
        return -1;
    for (int i = 0; i < CURSOR_BYTES - 1; i++) {
        const char *at = strchr(alphabet, text[i]);
        if (!at)
            return -1;
        uint64_t six = (uint64_t)(at - alphabet);
        /* The last letter carries two bits: only one spelling of a cursor is good. */
        int bits = i == CURSOR_BYTES - 2 ? 2 : 6;
        if (bits == 2 && six & 15)
            return -1;
        six >>= 6 - bits;
        high = high << bits | low >> (64 - bits);
        low = low << bits | six;
    }
    if (high > (uint64_t)END_OF_TIME_US || low > INT64_MAX)
        return -1;
    *us = (int64_t)high;
    *id = (int64_t)low;
    return 0;
}

enum status page_open(struct call *call, int64_t limit, const char *cursor, struct page *page) {
    *page = (struct page){limit > 0 ? limit : USUAL_LIMIT, END_OF_TIME_US, INT64_MAX};
    if (cursor && cursor_read(cursor, &page->before_us, &page->before_id))
        return call_invalid(call, "/cursor", "is not the `next` of a page");
    return OK;
}

size_t page_take(const struct page *page, const struct rows *rows, struct arena *arena, const char **next) {
    size_t n = rows_count(rows);
    *next = NULL;
    if (n <= (size_t)page->limit)
        return n;
    n = (size_t)page->limit;
    char *text = arena_alloc(arena, CURSOR_BYTES);
    if (text)
        cursor_write(rows_int(rows, n - 1, "place_us"), rows_int(rows, n - 1, "place_id"), text);
    *next = text;
    return n;
}
