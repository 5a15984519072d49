#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "actors/content/content.h"
#include "actors/content/model.h"
#include "db/array.h"
#include "protocol/node/clock.h"
#include "protocol/node/log.h"
#include "protocol/wire/buffer.h"
#include "protocol/wire/json.h"

/* What follows from many titles at once is worked out behind the writers, by one thread of one process: the counts of
 * labels, which titles are popular, and the neighbours of titles whose traits changed. */

enum { LOOK_MS = 250, QUIET_MS = 500, PATIENCE_MS = 60000, POPULAR_MS = 60000, POPULAR_STEP = 500, BATCH = 200 };

struct upkeep {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool ending;
};

static struct upkeep upkeep = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* A title's place in the model, and what its traits were when they were read. */
struct stale {
    char digest[33]; /* empty: not stale */
    bool queued;
};

struct round {
    struct db *db;
    struct model *model;
    struct stale *stale;
    size_t count; /* of titles in the model and in `stale` */
    unsigned *queue;
    size_t queued, direct; /* the first `direct` of the queue are stale themselves */
    struct buffer lists, fresh;
    size_t batch;
};

static bool ending(void) {
    pthread_mutex_lock(&upkeep.lock);
    bool now = upkeep.ending;
    pthread_mutex_unlock(&upkeep.lock);
    return now;
}

static int take_page(struct round *round, const struct rows *rows, struct arena *arena) {
    size_t n = rows_count(rows), first = round->count;
    struct stale *stale = realloc(round->stale, (first + n + 1) * sizeof *stale);
    if (!stale)
        return -1;
    round->stale = stale;
    for (size_t i = 0; i < n; i++) {
        struct list traits;
        if (array_read(rows_text(rows, i, "traits"), TYPE_TEXTS, arena, &traits) ||
            model_add(round->model, rows_int(rows, i, "title_id"), traits.at, traits.n))
            return -1;
        stale[first + i] = (struct stale){0};
        strncpy(stale[first + i].digest, rows_text(rows, i, "digest"), sizeof stale->digest - 1);
        round->count++;
    }
    return 0;
}

/* Reads all traits, page by page. */
static int load(struct round *round) {
    struct arena *arena = arena_new();
    int64_t after = 0;
    int rc = arena ? 0 : -1;
    for (size_t n = 1; !rc && n && !ending();) {
        struct rows *rows = db_run(round->db, Q_traits_page, NULL, NULL, ARGS(ARG_INT("after", after)));
        rc = rows ? take_page(round, rows, arena) : -1;
        n = rows ? rows_count(rows) : 0;
        after = n ? rows_int(rows, n - 1, "title_id") : after;
        rows_free(rows);
        if (arena)
            arena_reset(arena);
    }
    arena_free(arena);
    return rc || ending() ? -1 : model_settle(round->model);
}

static int flush(struct round *round) {
    if (!round->batch)
        return 0;
    buffer_add(&round->lists, "]", 2);
    buffer_add(&round->fresh, "]", 2);
    int rc = round->lists.failed || round->fresh.failed ? -1 : 0;
    if (!rc && db_begin(round->db) == OK) {
        rows_free(db_run(round->db, Q_neighbours_put, NULL, NULL, ARGS(ARG_TEXT("lists", round->lists.at))));
        rc = db_status(round->db) == OK ? 0 : -1;
        if (!rc)
            rows_free(db_run(round->db, Q_traits_fresh, NULL, NULL, ARGS(ARG_TEXT("lists", round->fresh.at))));
        rc = rc || db_status(round->db) != OK ? -1 : 0;
        if (rc)
            db_rollback(round->db);
        else
            rc = db_commit(round->db) == OK ? 0 : -1;
    } else
        rc = -1;
    round->batch = 0;
    buffer_free(&round->lists);
    buffer_free(&round->fresh);
    return rc;
}

/* Adds title `doc` and its neighbours to what is written next. */
static void write_list(struct round *round, unsigned doc, const struct near *near, size_t n) {
    struct buffer *to = &round->lists;
    buffer_print(to, "%s{\"title_id\":%lld,\"ids\":[", round->batch ? "," : "[",
                 (long long)model_id(round->model, doc));
    for (size_t i = 0; i < n; i++)
        buffer_print(to, "%s%lld", i ? "," : "", (long long)near[i].id);
    buffer_text(to, "],\"scores\":[");
    for (size_t i = 0; i < n; i++)
        buffer_print(to, "%s%.4f", i ? "," : "", (double)near[i].score);
    buffer_text(to, "],\"reasons\":[");
    for (size_t i = 0; i < n; i++) {
        char reason[300];
        model_reason(round->model, doc, near[i].doc, reason);
        buffer_text(to, i ? "," : "");
        text_to_json(reason, to);
    }
    buffer_text(to, "]}");
    buffer_print(&round->fresh, "%s{\"title_id\":%lld,\"digest\":\"%s\"}", round->batch ? "," : "[",
                 (long long)model_id(round->model, doc), round->stale[doc].digest);
    round->batch++;
}

static void enqueue(struct round *round, unsigned doc) {
    if (round->stale[doc].queued)
        return;
    round->stale[doc].queued = true;
    round->queue[round->queued++] = doc;
}

/* The stale titles, and those that are near to them: a new title may now be nearer to these than others. */
static int work(struct round *round) {
    round->queue = calloc(round->count + 1, sizeof *round->queue);
    if (!round->queue)
        return -1;
    for (size_t i = 0; i < round->count; i++)
        if (*round->stale[i].digest)
            enqueue(round, (unsigned)i);
    round->direct = round->queued;
    for (size_t i = 0; i < round->queued && !ending(); i++) {
        struct near near[NEAR_MOST];
        size_t n = model_near(round->model, round->queue[i], near);
        for (size_t k = 0; i < round->direct && k < n; k++)
            enqueue(round, near[k].doc);
        write_list(round, round->queue[i], near, n);
        if (round->batch == BATCH && flush(round))
            return -1;
    }
    return flush(round);
}

static void find_neighbours(struct db *db) {
    struct round round = {.db = db, .model = model_new()};
    int64_t began_ms = clock_ms();
    int rc = round.model ? load(&round) : -1;
    if (!rc)
        rc = work(&round);
    if (rc && !ending())
        log_warn(NULL, "neighbours_failed", "titles=%zu", round.model ? model_count(round.model) : 0);
    else if (!rc)
        log_info(NULL, "neighbours_found", "titles=%zu of=%zu ms=%lld", round.queued, model_count(round.model),
                 (long long)(clock_ms() - began_ms));
    buffer_free(&round.lists);
    buffer_free(&round.fresh);
    free(round.queue);
    free(round.stale);
    model_free(round.model);
    /* Much memory for a moment: it goes back. */
    malloc_trim(0);
}

static int64_t number(struct db *db, unsigned query, const char *column) {
    struct rows *rows = db_run(db, query, NULL, NULL, NULL);
    int64_t value = rows && rows_count(rows) ? rows_int(rows, 0, column) : -1;
    rows_free(rows);
    return value;
}

static bool holds(struct db *db, unsigned query, const char *column) {
    struct rows *rows = db_run(db, query, NULL, NULL, NULL);
    bool value = rows && rows_count(rows) && rows_bool(rows, 0, column);
    rows_free(rows);
    return value;
}

struct watch {
    unsigned led;                    /* the connection that holds the lock */
    int64_t counted;                 /* number of the change up to which labels are counted */
    int64_t seen, seen_ms, first_ms; /* the last change, when it was seen, and the first that waits */
    int64_t popular_ms;              /* when the popular ones were marked; views alone change them too */
    bool popular_more;               /* some of them are left */
};

/* Works once the writers are quiet for a moment, or never stop. */
static void look(struct db *db, struct watch *watch) {
    if (db_connect(db) != OK)
        return;
    if (watch->led != db_generation(db)) {
        watch->led = holds(db, Q_neighbours_lead, "lead") ? db_generation(db) : 0;
        watch->counted = -1;
    }
    int64_t changes = watch->led ? number(db, Q_labels_changed, "changes") : -1, now_ms = clock_ms();
    if (changes < 0)
        return;
    if (changes != watch->seen) {
        watch->first_ms = watch->first_ms ? watch->first_ms : now_ms;
        watch->seen = changes;
        watch->seen_ms = now_ms;
    }
    if (now_ms - watch->seen_ms < QUIET_MS && now_ms - watch->first_ms < PATIENCE_MS)
        return;
    watch->first_ms = 0;
    if (watch->counted != changes || watch->popular_more || now_ms - watch->popular_ms >= POPULAR_MS) {
        struct rows *rows = db_run(db, Q_search_popular, NULL, NULL, ARGS(ARG_INT("rows", POPULAR_STEP)));
        watch->popular_more = rows && rows_count(rows) == POPULAR_STEP;
        watch->popular_ms = now_ms;
        rows_free(rows);
    }
    if (watch->counted != changes) {
        rows_free(db_run(db, Q_labels_count, NULL, NULL, NULL));
        watch->counted = db_status(db) == OK ? changes : -1;
    }
    if (holds(db, Q_traits_any_stale, "stale"))
        find_neighbours(db);
}

/* False when the process ends. */
static bool rest(long ms) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += ms * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&upkeep.lock);
    if (!upkeep.ending)
        pthread_cond_timedwait(&upkeep.ended, &upkeep.lock, &until);
    bool ending = upkeep.ending;
    pthread_mutex_unlock(&upkeep.lock);
    return !ending;
}

static void *run(void *arg) {
    struct watch watch = {.counted = -1, .seen = -1};
    struct db *db = arg;
    for (long rest_ms = ACTOR_BEHIND_MS; rest(rest_ms); rest_ms = LOOK_MS)
        look(db, &watch);
    db_close(db);
    return NULL;
}

int upkeep_start(const struct db_query *queries, unsigned count) {
    pthread_cond_init(&upkeep.ended, NULL);
    struct db *own = db_open(service_name(SERVICE_content), queries, count);
    if (own && !pthread_create(&upkeep.thread, NULL, run, own))
        return 0;
    db_close(own);
    return -1;
}

void upkeep_stop(struct actor *actor) {
    (void)actor;
    pthread_mutex_lock(&upkeep.lock);
    upkeep.ending = true;
    pthread_cond_signal(&upkeep.ended);
    pthread_mutex_unlock(&upkeep.lock);
    pthread_join(upkeep.thread, NULL);
}
