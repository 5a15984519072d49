#include "actors/history/model.h"

#include <stdlib.h>

#include "actors/history/history.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

/* Learning costs at most this part of one processor; counting views is for lists that may be seconds behind. */
enum { POLL_MS = 500, COUNT_MS = 5000, LEARN_REST = 20 };

static struct {
    pthread_mutex_t wait_lock;
    pthread_cond_t ended;
    bool ending;
    pthread_t thread;
    bool started;
    struct actor *actor;
    struct model model;
    bool loaded; /* under model.lock */
} the = {.wait_lock = PTHREAD_MUTEX_INITIALIZER, .model = {.lock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP}};

const struct recommender *model_hold(void) {
    pthread_rwlock_rdlock(&the.model.lock);
    if (the.loaded)
        return &the.model.recommender;
    pthread_rwlock_unlock(&the.model.lock);
    return NULL;
}

void model_release(void) {
    pthread_rwlock_unlock(&the.model.lock);
}

/* False when the process ends. */
static bool rest(int64_t ms) {
    int64_t until_ms = clock_ms() + ms;
    struct timespec until = {until_ms / 1000, until_ms % 1000 * 1000000};
    pthread_mutex_lock(&the.wait_lock);
    while (!the.ending && clock_ms() < until_ms)
        pthread_cond_timedwait(&the.ended, &the.wait_lock, &until);
    bool ending = the.ending;
    pthread_mutex_unlock(&the.wait_lock);
    return !ending;
}

/* Lengths are off by little while the catalogue grows by little. */
static void rescale(struct model *model) {
    struct vectors *vectors = &model->recommender.vectors;
    uint32_t live = vectors->live, was = vectors->live_at_rescale;
    if (live <= was + was / 20 && was <= live + live / 20)
        return;
    float *scales = vectors_scales(vectors);
    if (!scales)
        return;
    pthread_rwlock_wrlock(&model->lock);
    vectors_take_scales(vectors, scales);
    pthread_rwlock_unlock(&model->lock);
}

static int load(struct model *model) {
    if (model_load_cards(model) || model_load_popularity(model))
        return -1;
    rescale(model);
    if (!the.loaded) {
        pthread_rwlock_wrlock(&model->lock);
        the.loaded = true;
        pthread_rwlock_unlock(&model->lock);
    }
    return 0;
}

static void learn(struct model *model) {
    struct learnt fresh;
    int64_t from_ms = clock_ms();
    int rc = model_load_watches(model) || learnt_fit(&fresh, &model->recommender, &recipe_usual);
    uint64_t n = model->recommender.watches.n;
    watches_free(&model->recommender.watches);
    if (rc) {
        log_warn(NULL, "learning_failed", "watches=%llu", (unsigned long long)n);
        return;
    }
    pthread_rwlock_wrlock(&model->lock);
    struct learnt old = model->recommender.learnt;
    model->recommender.learnt = fresh;
    pthread_rwlock_unlock(&model->lock);
    learnt_free(&old);
    log_info(NULL, "learnt", "watches=%llu titles=%u ms=%lld", (unsigned long long)n, model->recommender.vectors.live,
             (long long)(clock_ms() - from_ms));
}

/* A number that moves with every counted view; -1 when the database is away. */
static int64_t last_view(struct model *model) {
    struct rows *rows = db_run(model->db, Q_watches_mark, NULL, NULL, NULL);
    int64_t last = rows ? rows_int(rows, 0, "last") : -1;
    rows_free(rows);
    return last;
}

static void *tend(void *arg) {
    struct model *model = arg;
    int64_t counted_ms = 0, learn_ms = 0, learnt_view = -1, rest_ms = ACTOR_BEHIND_MS;
    for (; rest(rest_ms); rest_ms = POLL_MS) {
        int64_t now_ms = clock_ms();
        if (now_ms >= counted_ms + COUNT_MS) {
            if (count_views(model->db))
                actor_posted(the.actor);
            counted_ms = now_ms;
        }
        if (load(model) || now_ms < learn_ms)
            continue;
        int64_t view = last_view(model);
        if (view >= 0 && view != learnt_view) {
            learn(model);
            learnt_view = view;
        }
        int64_t took_ms = clock_ms() - now_ms, pause_ms = config()->recommend_seconds * 1000;
        learn_ms = clock_ms() + (took_ms * LEARN_REST > pause_ms ? took_ms * LEARN_REST : pause_ms);
    }
    return NULL;
}

int model_start(struct actor *actor, const struct db_query *queries, unsigned count) {
    pthread_condattr_t monotonic;
    the.actor = actor;
    /* Days since 2026: what was counted then is worth one. */
    the.model.from_day = (double)clock_wall_ms() / 86400000 - 20454;
    the.model.db = db_open("history", queries, count);
    if (!the.model.db || pthread_condattr_init(&monotonic))
        return -1;
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&the.ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    the.started = !pthread_create(&the.thread, NULL, tend, &the.model);
    return the.started ? 0 : -1;
}

void model_stop(void) {
    if (!the.started)
        return;
    pthread_mutex_lock(&the.wait_lock);
    the.ending = true;
    pthread_cond_signal(&the.ended);
    pthread_mutex_unlock(&the.wait_lock);
    pthread_join(the.thread, NULL);
    db_close(the.model.db);
}
