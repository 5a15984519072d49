#ifndef ZOE_HISTORY_RECOMMEND_VECTORS_H
#define ZOE_HISTORY_RECOMMEND_VECTORS_H

#include "actors/history/recommend/numbers.h"

/* Titles as sparse vectors of what they are about, weighted by TF-IDF and by kind; every title has a slot, the number
 * of its id in `places`. */

enum { FEATURES_MOST = 128, SHARED_MOST = 4, PROFILE_MOST = 512 };

struct vector {
    uint32_t *features; /* sorted */
    uint32_t n;
    float scale; /* one by the length; 0 when nothing is known */
};

struct posting {
    uint32_t *slots;
    uint32_t n, room;
};

struct vectors {
    struct dictionary names;
    struct places places;
    struct vector *titles;    /* one a slot */
    struct posting *postings; /* one a feature: the titles that have it */
    uint32_t titles_room, postings_room;
    uint32_t live;            /* titles with a vector */
    uint32_t live_at_rescale; /* when the lengths were last right */
};

struct weighted {
    uint32_t number;
    float weight;
};

/* The features of one title while they are collected. */
struct features {
    uint32_t numbers[FEATURES_MOST];
    size_t n;
};

/* Adds a feature; a text of FEATURE_WORD is taken apart into its words. What is beyond FEATURES_MOST is dropped. */
void features_add(struct features *features, struct vectors *vectors, enum feature_kind kind, const char *text);

void vectors_free(struct vectors *vectors);
/* The slot of a title, a new one when it was not known. NUMBER_NONE when memory is out. */
uint32_t vectors_slot(struct vectors *vectors, int64_t title);
/* Replaces a title's features (the numbers of `names`, at most FEATURES_MOST are kept). 0, or -1 when memory is out. */
int vectors_set(struct vectors *vectors, uint32_t slot, const uint32_t *features, size_t n);
/* Lengths follow the frequencies of features, which move with every title: `scales` has one for each slot; swap them in
 * with vectors_take_scales(). NULL when memory is out. */
float *vectors_scales(const struct vectors *vectors);
void vectors_take_scales(struct vectors *vectors, float *scales);

/* Weight of a feature in any title that has it. */
float vectors_weight(const struct vectors *vectors, uint32_t feature);
/* Cosine of two titles, 0 to 1. */
float vectors_cosine(const struct vectors *vectors, uint32_t one, uint32_t other);
/* What two titles share apart from words and years, the heaviest first; how many. */
size_t vectors_shared(const struct vectors *vectors, uint32_t one, uint32_t other, uint32_t to[SHARED_MOST]);
/* Sets `scores` (one a slot, all zero before) to each title's cosine with the sum of the weighted vectors of `titles`.
 * 0, or -1 when memory is out. */
int vectors_score(const struct vectors *vectors, const struct weighted *titles, size_t n, float *scores);

#endif
