#ifndef ZOE_TESTS_BENCH_EVALUATE_H
#define ZOE_TESTS_BENCH_EVALUATE_H

#include "actors/history/recommend/recommend.h"

struct watch {
    int64_t user, title, time;
    uint32_t slot;
};

/* A set of films and watches, the watches by time. */
struct data {
    struct recommender recommender; /* vectors only */
    struct watch *watches;
    size_t n;
};

/* Reads FOLDER/titles.tsv (number, then kind:text for each feature) and FOLDER/watches.tsv (user, title, seconds).
 * Ends the program with a sentence when they are not as they should be. */
void data_read(struct data *data, const char *folder);

struct quality {
    double ndcg, recall, hit;
    size_t people;
};

enum { TOP = 10, FEW = 5 };

/* The protocol (README, "Recommendations, measured"): everything up to the moment at `learn` of the watches, by count,
 * is learnt from; whoever watches later is asked about, until the moment at `end`. `few`: only titles that were watched
 * fewer than FEW times before the moment count, and only they are candidates. `most_history` bounds what is known of
 * the person asked about. */
struct trial {
    double learn, end;
    size_t most_history;
    double popular_days; /* popularity halves after */
};

void evaluate(struct data *data, const struct trial *trial, const struct recipe *recipes, size_t n, struct quality *all,
              struct quality *few);

#endif
