#ifndef ZOE_HISTORY_RECOMMEND_EASE_H
#define ZOE_HISTORY_RECOMMEND_EASE_H

#include "actors/history/recommend/vectors.h"
#include "actors/history/recommend/watches.h"

/* EASE (Steck 2019): the linear model that best foretells each title from the others, over the most-watched titles.
 * With P the inverse of (G + ridge), G the counts of people who watched both, title i speaks for j with -P[i][j] /
 * P[j][j]. What titles are about enters as further rows of the data (as in Jeunen et al. 2020, CEASE): G + content *
 * cosines. */

struct ease {
    uint32_t n, slots;
    uint32_t *slot_of; /* of each row */
    uint32_t *row_of;  /* of each slot, NUMBER_NONE without one */
    float *weights;    /* n x n: row i is what title i says */
};

struct ease_settings {
    uint32_t most;  /* titles; the time goes with the cube, the memory with the square */
    uint32_t least; /* people who must have watched a title */
    float ridge;    /* in people */
    float content;  /* 0: plain EASE; in people who watch by content alone */
};

/* `vectors` may be NULL when content is 0. 0, or -1 when memory is out. */
int ease_fit(struct ease *ease, const struct watches *watches, const struct audience *audience,
             const struct vectors *vectors, const struct ease_settings *settings);
void ease_free(struct ease *ease);
/* Adds to `scores` (one a slot) what the model says after `titles`. 0, or -1 when memory is out. */
int ease_score(const struct ease *ease, const struct weighted *titles, size_t n, float *scores);

#endif
