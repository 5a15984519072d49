#ifndef ZOE_HISTORY_RECOMMEND_NUMBERS_H
#define ZOE_HISTORY_RECOMMEND_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Two ways to a dense number: from a feature's kind and text, and from a title's or account's own number. Numbers are
 * given in order and never taken back. */

enum { NUMBER_NONE = UINT32_MAX };

enum feature_kind {
    FEATURE_GENRE,
    FEATURE_KEYWORD,
    FEATURE_DIRECTOR,
    FEATURE_CAST,
    FEATURE_WORD,
    FEATURE_YEARS,
    FEATURE_KINDS
};

struct dictionary {
    uint32_t *table; /* number + 1, 0: free; as many as room */
    char **texts;    /* the kind, then the text */
    uint32_t n, room;
};

void dictionary_free(struct dictionary *dictionary);
/* The number of a feature, a new one when it was not known. NUMBER_NONE when memory is out. */
uint32_t dictionary_add(struct dictionary *dictionary, enum feature_kind kind, const char *text);
enum feature_kind dictionary_kind(const struct dictionary *dictionary, uint32_t number);
const char *dictionary_text(const struct dictionary *dictionary, uint32_t number);

struct places {
    uint32_t *table;
    int64_t *ids;
    uint32_t n, room;
};

void places_free(struct places *places);
uint32_t places_add(struct places *places, int64_t id);
/* NUMBER_NONE when it was never added. */
uint32_t places_find(const struct places *places, int64_t id);

#endif
