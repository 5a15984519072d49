#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actors/content/content.h"
#include "actors/page.h"
#include "protocol/wire/check.h"

/* A cursor is SORT ID KEY in base64url, so that one of another sort is refused and nobody builds on what is inside. */

enum { USUAL_LIMIT = 20, RAW_BYTES = 500 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode(const unsigned char *from, size_t n, char *to) {
    unsigned bits = 0, held = 0;
    for (size_t i = 0; i < n; i++) {
        bits = bits << 8 | from[i];
        for (held += 8; held >= 6; held -= 6)
            *to++ = alphabet[bits >> (held - 6) & 63];
    }
    if (held)
        *to++ = alphabet[bits << (6 - held) & 63];
    *to = 0;
}

static int decode(const char *from, char to[RAW_BYTES]) {
    unsigned bits = 0, held = 0;
    size_t n = 0;
    for (; *from; from++) {
        const char *at = strchr(alphabet, *from);
        if (!at || n + 1 >= RAW_BYTES)
            return -1;
        bits = bits << 6 | (unsigned)(at - alphabet);
        held += 6;
        if (held >= 8)
            to[n++] = (char)(bits >> (held -= 8) & 255);
    }
    to[n] = 0;
    return strlen(to) == n && text_valid(to, n) ? 0 : -1;
}

static int read_key(struct call *call, const char *sort, const char *cursor, struct place *place) {
    char raw[RAW_BYTES], *end;
    size_t n = strlen(sort);
    if (decode(cursor, raw) || strncmp(raw, sort, n) != 0 || raw[n] != ' ')
        return -1;
    place->id = strtoll(raw + n + 1, &end, 10);
    if (*end != ' ' || place->id < 0)
        return -1;
    place->text = arena_text(call->arena, end + 1);
    place->real = strtod(end + 1, &end);
    return place->text && isfinite(place->real) ? 0 : -1;
}

enum status place_open(struct call *call, const char *sort, int64_t limit, const char *cursor, struct place *place) {
    bool newest = !strcmp(sort + (*sort == '-'), "newest"), down = newest ? *sort != '-' : *sort == '-';
    int64_t usual = limit > 0 ? limit : USUAL_LIMIT;
    /* Beyond everything, on the side where the list begins. */
    *place = down ? (struct place){usual, INT64_C(1) << 53, INT64_MAX, HUGE_VAL, "\xf4\x8f\xbf\xbf"}
                  : (struct place){usual, 0, 0, -HUGE_VAL, ""};
    int bad = 0;
    if (cursor && newest)
        bad = cursor_read(cursor, &place->us, &place->id);
    else if (cursor)
        bad = read_key(call, sort, cursor, place);
    return bad ? call_invalid(call, "/cursor", "is not the `next` of a page") : OK;
}

const char *place_write(struct call *call, const char *sort, double real, const char *text, int64_t id) {
    char raw[RAW_BYTES];
    int n = text ? snprintf(raw, sizeof raw, "%s %lld %s", sort, (long long)id, text)
                 : snprintf(raw, sizeof raw, "%s %lld %.17g", sort, (long long)id, real);
    char *to = n > 0 && n < RAW_BYTES ? arena_alloc(call->arena, (size_t)n * 4 / 3 + 3) : NULL;
    if (to)
        encode((const unsigned char *)raw, (size_t)n, to);
    return to;
}
