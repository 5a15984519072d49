#ifndef ZOE_HISTORY_RECOMMEND_NEIGHBOURS_H
#define ZOE_HISTORY_RECOMMEND_NEIGHBOURS_H

#include "actors/history/recommend/vectors.h"
#include "actors/history/recommend/watches.h"

/* Item to item: for each title the titles that the same people watched, by cosine of their audiences, shrunk towards
 * nothing where few people watched both (Sarwar et al. 2001; shrinkage as in Bell and Koren 2007). */

struct neighbours {
    uint32_t slots, *start; /* those of a slot lie from start[slot] to start[slot + 1], by weight */
    struct weighted *all;
};

struct neighbours_settings {
    uint32_t most;       /* kept for each title */
    float shrink;        /* in people */
    float popular_power; /* 0.5 is the cosine; more holds popular titles back */
};

/* 0, or -1 when memory is out. */
int neighbours_fit(struct neighbours *neighbours, const struct watches *watches, const struct audience *audience,
                   const struct neighbours_settings *settings);
void neighbours_free(struct neighbours *neighbours);
/* Adds to `scores` what the neighbours of each of `titles` say. */
void neighbours_score(const struct neighbours *neighbours, const struct weighted *titles, size_t n, float *scores);

#endif
