#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/zoectl/zoectl.h"
#include "db/store/place.h"
#include "protocol/node/clock.h"

/* zoectl media move FROM TO [--delete]: copies what TO lacks, pass after pass until there is nothing left to copy, so
 * it can be broken off, begun again, and run while films are made and played. With --delete what is the same in both
 * places is then removed from FROM. Several objects are looked at side by side, since most of them are small; of the
 * large ones, which are copied in parts side by side, one at a time. */

enum { COMPARED_BYTES = 1 << 20, LARGE_BYTES = 8 << 20, TELL_MS = 1000, PASSES_MAX = 100, THREADS = 8, QUEUE = 64 };

struct object {
    char name[PLACE_NAME_BYTES];
    int64_t bytes;
};

struct move {
    struct place *from, *to;
    bool removes;
    pthread_mutex_t large; /* held while a large object is copied */
    pthread_mutex_t lock;  /* over what follows */
    pthread_cond_t news;
    struct object queue[QUEUE];
    unsigned first, count;
    bool listed, failed;
    int64_t seen, copied, bytes, removed, told_ms;
};

static void tell(struct move *move, bool now) {
    if (!now && clock_ms() - move->told_ms < TELL_MS)
        return;
    move->told_ms = clock_ms();
    fprintf(stderr, "%s%lld looked at, %lld copied, %.1f MB, %lld removed%s", isatty(2) ? "\r" : "",
            (long long)move->seen, (long long)move->copied, (double)move->bytes / 1e6, (long long)move->removed,
            isatty(2) && !now ? "" : "\n");
}

static void tell_sometimes(void *self) {
    struct move *move = self;
    pthread_mutex_lock(&move->lock);
    tell(move, false);
    pthread_mutex_unlock(&move->lock);
}

/* --- one object --- */

/* Large objects never change under their name; small ones, playlists and pictures, may. */
static bool same(struct move *move, const struct object *object) {
    if (object->bytes > COMPARED_BYTES)
        return place_size(move->to, object->name) == object->bytes;
    struct place_get a = {.max = COMPARED_BYTES}, b = {.max = COMPARED_BYTES};
    bool equal = !place_get(move->to, object->name, &a) && (int64_t)a.body.n == object->bytes &&
                 !place_get(move->from, object->name, &b) && b.body.n == a.body.n &&
                 (!a.body.n || !memcmp(a.body.at, b.body.at, a.body.n));
    buffer_free(&a.body);
    buffer_free(&b.body);
    return equal;
}

static int copy(struct move *move, const struct object *object) {
    bool large = object->bytes > LARGE_BYTES;
    if (large)
        pthread_mutex_lock(&move->large);
    int rc = place_copy(move->from, move->to, object->name, object->bytes, tell_sometimes, move), error = errno;
    if (large)
        pthread_mutex_unlock(&move->large);
    errno = error;
    return rc;
}

static void bring(struct move *move, const struct object *object) {
    bool kept = same(move, object), removed = kept && move->removes && !place_delete(move->from, object->name);
    int rc = kept ? 0 : copy(move, object), error = errno;
    pthread_mutex_lock(&move->lock);
    move->removed += removed;
    if (!kept && !rc) {
        move->copied++;
        move->bytes += object->bytes;
    } else if (rc && error != ENOENT) { /* what is gone meanwhile need not be copied */
        zoectl_complain("%s: %s", object->name, strerror(error));
        move->failed = true;
        pthread_cond_broadcast(&move->news);
    }
    tell(move, false);
    pthread_mutex_unlock(&move->lock);
}

/* --- all of them --- */

static bool next(struct move *move, struct object *object) {
    pthread_mutex_lock(&move->lock);
    while (!move->count && !move->listed)
        pthread_cond_wait(&move->news, &move->lock);
    bool any = move->count && !move->failed;
    if (any) {
        *object = move->queue[move->first];
        move->first = (move->first + 1) % QUEUE;
        move->count--;
        pthread_cond_broadcast(&move->news);
    }
    pthread_mutex_unlock(&move->lock);
    return any;
}

static void *work(void *arg) {
    struct object object;
    while (next(arg, &object))
        bring(arg, &object);
    return NULL;
}

static int each(void *self, const char *name, int64_t bytes) {
    struct move *move = self;
    pthread_mutex_lock(&move->lock);
    while (move->count == QUEUE && !move->failed)
        pthread_cond_wait(&move->news, &move->lock);
    bool failed = move->failed;
    if (!failed) {
        struct object *object = &move->queue[(move->first + move->count++) % QUEUE];
        snprintf(object->name, sizeof object->name, "%s", name);
        object->bytes = bytes;
        move->seen++;
        pthread_cond_broadcast(&move->news);
    }
    pthread_mutex_unlock(&move->lock);
    return failed;
}

/* 0, or -1: FROM cannot be listed. */
static int pass(struct move *move) {
    pthread_t threads[THREADS];
    unsigned helpers = 0;
    move->listed = false;
    move->first = move->count = 0;
    while (helpers < THREADS && !pthread_create(&threads[helpers], NULL, work, move))
        helpers++;
    errno = EAGAIN;
    int rc = helpers ? place_list(move->from, "", NULL, each, move) : -1, error = errno;
    pthread_mutex_lock(&move->lock);
    move->listed = true;
    pthread_cond_broadcast(&move->news);
    pthread_mutex_unlock(&move->lock);
    while (helpers)
        pthread_join(threads[--helpers], NULL);
    errno = error;
    return rc;
}

static int passes(struct move *move) {
    for (int i = 0; i < PASSES_MAX; i++) {
        int64_t before = move->copied;
        if (pass(move)) {
            zoectl_complain("the first place cannot be listed: %s", strerror(errno));
            return EX_UNAVAILABLE;
        }
        if (move->failed)
            return EX_UNAVAILABLE;
        if (move->copied == before)
            break;
    }
    return 0;
}

int zoectl_media(int argc, char **argv) {
    if (argc == 4 && !strcmp(argv[1], "put"))
        return film_put(argv[2], argv[3]);
    if (argc == 4 && !strcmp(argv[1], "poster"))
        return poster_put(argv[2], argv[3]);
    struct move move = {.removes = argc == 5 && !strcmp(argv[4], "--delete"),
                        .large = PTHREAD_MUTEX_INITIALIZER,
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .news = PTHREAD_COND_INITIALIZER};
    if ((argc != 4 && !move.removes) || strcmp(argv[1], "move") != 0)
        return zoectl_usage("media takes put TITLE FILE, poster TITLE FILE, or move FROM TO [--delete]: file://FOLDER "
                            "or s3://BUCKET...");
    if (!strcmp(argv[2], argv[3]))
        return zoectl_usage("media move: FROM and TO are the same place");
    move.from = place_open(argv[2]);
    move.to = move.from ? place_open(argv[3]) : NULL;
    int rc = move.to ? passes(&move) : EX_UNAVAILABLE;
    if (move.to)
        tell(&move, true);
    place_close(move.to);
    place_close(move.from);
    return rc;
}
