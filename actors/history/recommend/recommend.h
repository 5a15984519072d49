#ifndef ZOE_HISTORY_RECOMMEND_H
#define ZOE_HISTORY_RECOMMEND_H

#include "actors/history/recommend/ease.h"
#include "actors/history/recommend/neighbours.h"

/* What to show to somebody next. The parts: what titles are about (from the first watch on), who watched them together
 * (as soon as enough people did), what is popular (for a stranger, and a little always). One writer; readers hold it
 * still meanwhile. */

/* A view is worth half of one so many days younger. */
enum { PICKS_MOST = 200, HISTORY_MOST = 500, POPULAR_HALF_DAYS = 60 };

struct title_state {
    float popular;
    bool shown;       /* can be recommended */
    int64_t revision; /* of what is known of it */
};

/* What is learnt from the watches, made at one side while the one before answers. */
struct learnt {
    struct neighbours neighbours;
    struct ease ease;
    float *fresh; /* one a slot: 1 for a title nobody watched, towards 0 with its audience */
    uint32_t slots;
};

struct recommender {
    struct vectors vectors;
    struct watches watches;
    struct title_state *titles; /* one a slot */
    uint32_t room;
    struct learnt learnt;
};

/* How the parts are weighed, and how they are learnt. */
struct recipe {
    struct ease_settings ease;
    struct neighbours_settings neighbours;
    float ease_part, neighbours_part, content_part, popular_part;
    float content_first; /* content beside what people watched together, for somebody of whom nothing is known yet... */
    float known_half;    /* ...and half of it after so many watched titles */
    float content_fresh; /* content of titles that few people watched */
    float fresh_half;    /* half of it after so many people */
    float recent;        /* a watched title counts half after so many newer ones */
};

extern const struct recipe recipe_usual;

struct pick {
    uint32_t slot;
    float score;
    uint32_t because; /* watched title that speaks most for it; NUMBER_NONE: it is popular */
};

void recommender_free(struct recommender *recommender);
/* The slot of a title; NUMBER_NONE when memory is out. */
uint32_t recommender_slot(struct recommender *recommender, int64_t title);

/* Fits `learnt` from the watches and vectors, which must not change meanwhile. 0, or -1 when memory is out. */
int learnt_fit(struct learnt *learnt, const struct recommender *recommender, const struct recipe *recipe);
void learnt_free(struct learnt *learnt);

struct taste {
    const uint32_t *watched; /* slots that are left out */
    size_t n;
    const uint32_t *speak; /* slots that speak for others, the newest first; at most HISTORY_MOST are heard */
    size_t speakers;
};

/* The best `most` titles that are shown and not left out. How many; -1 when memory is out. */
int recommend(const struct recommender *recommender, const struct recipe *recipe, const struct taste *taste,
              struct pick *picks, size_t most);

#endif
