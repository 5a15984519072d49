#ifndef ZOE_ACTORS_HISTORY_MODEL_H
#define ZOE_ACTORS_HISTORY_MODEL_H

#include <pthread.h>

#include "actors/actor.h"
#include "actors/history/recommend/recommend.h"

/* The recommender of this process: read from the tables at the start, then what changed every half second, learnt anew
 * from all watches every ZOE_RECOMMEND_SECONDS, by a thread of its own. It can always be made again; nothing but the
 * tables is kept. */

int model_start(struct actor *actor, const struct db_query *queries, unsigned count);
void model_stop(void);

/* Holds the model still for reading; NULL while it is read for the first time. */
const struct recommender *model_hold(void);
void model_release(void);

/* model_load.c. What the model's thread works with. */
struct model {
    pthread_rwlock_t lock; /* the thread writes under it, and reads without */
    struct recommender recommender;
    struct db *db;
    int64_t cards_us, popular_us; /* what was read last */
    double from_day;              /* popularity is in views of that day, in days since 2026 */
};

/* Titles and popularity that changed since the last call. 0, or -1 when the database is away or memory is out. */
int model_load_cards(struct model *model);
int model_load_popularity(struct model *model);
/* All watches, at one side. 0, or -1. */
int model_load_watches(struct model *model);

/* count.c: turns views into popularity and tells content; one process at a time does. True when something was posted.
 */
bool count_views(struct db *db);

#endif
