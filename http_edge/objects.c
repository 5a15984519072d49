#include "http_edge/objects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/store/store.h"
#include "http_edge/reply.h"
#include "http_edge/segment.h"
#include "http_edge/shard.h"
#include "http_edge/workers.h"
#include "protocol/node/log.h"

enum { THREADS = 8, FETCHES_MAX = 256 };

/* A request that waits, in its arena. */
struct waiter {
    struct object_want want;
    struct request *request;
    struct fetch *fetch;
    struct segment *segment;
    int error;
    struct waiter *next;
};

struct fetch {
    struct work work; /* first: work's functions get its address */
    struct objects *objects;
    char name[PLACE_NAME_BYTES], etag[PLACE_ETAG_BYTES];
    const char *type, *cache;
    struct place_get get;
    int error;
    struct waiter *waiters;
    struct fetch *next;
};

struct objects {
    struct shard *shard;
    struct workers *workers;
    struct fetch *fetches;
    unsigned count, turn;
};

struct objects *objects_new(struct shard *shard) {
    struct objects *objects = calloc(1, sizeof *objects);
    if (objects && !(objects->workers = workers_new(shard, THREADS))) {
        free(objects);
        return NULL;
    }
    if (objects)
        objects->shard = shard;
    return objects;
}

void objects_free(struct objects *objects) {
    if (!objects)
        return;
    workers_free(objects->workers);
    free(objects);
}

/* --- the answer --- */

static void release(struct request *request, bool completed) {
    (void)completed;
    segment_release(request->shard->segments, request->state);
}

static void give(struct request *request, const struct object_want *want, struct segment *segment) {
    request->state = segment;
    request->state_end = release;
    want->have(request, segment);
}

static void came(struct request *request) {
    struct waiter *waiter = request->state;
    request->state = NULL;
    request->state_end = NULL;
    if (waiter->segment)
        give(request, &waiter->want, waiter->segment);
    else if (waiter->error == ENOENT || waiter->error == EINVAL || waiter->error == EFBIG)
        waiter->want.missing(request);
    else
        reply_refuse(request, UNAVAILABLE, "store-failed", "The store does not answer; try again soon.");
}

/* The client went before the object came. */
static void gone(struct request *request, bool completed) {
    (void)completed;
    struct waiter *waiter = request->state;
    if (waiter->segment)
        segment_release(request->shard->segments, waiter->segment);
    if (!waiter->fetch)
        return;
    struct waiter **at = &waiter->fetch->waiters;
    while (*at != waiter)
        at = &(*at)->next;
    *at = waiter->next;
}

/* --- fetching --- */

static void run(struct work *work) {
    struct fetch *fetch = (struct fetch *)work;
    fetch->error = place_get(store_place(), fetch->name, &fetch->get) ? errno : 0;
}

static void unlink_fetch(struct fetch *fetch) {
    struct fetch **at = &fetch->objects->fetches;
    while (*at != fetch)
        at = &(*at)->next;
    *at = fetch->next;
    fetch->objects->count--;
}

static void done(struct work *work) {
    struct fetch *fetch = (struct fetch *)work;
    struct segments *segments = fetch->objects->shard->segments;
    if (fetch->get.unchanged && !segment_known(segments, fetch->name)) {
        /* It was given up meanwhile, so its bytes are wanted after all. */
        fetch->get = (struct place_get){.max = SEGMENT_BYTES_MAX};
        if (!workers_give(fetch->objects->workers, work, fetch->objects->turn++))
            return;
        fetch->error = ENOMEM;
    }
    if (!fetch->error && !fetch->get.unchanged && !fetch->get.body.n)
        fetch->error = ENOENT;
    bool kept = !fetch->error && !segment_keep(segments, fetch->name, fetch->type, fetch->cache, &fetch->get);
    unlink_fetch(fetch);
    if (fetch->error == ENOENT)
        segment_forget(segments, fetch->name);
    else if (!kept)
        log_warn(NULL, "object_failed", "name=%s error=%s", log_value(fetch->name), log_value(strerror(fetch->error)));
    for (struct waiter *waiter = fetch->waiters, *next; waiter; waiter = next) {
        next = waiter->next;
        waiter->fetch = NULL;
        waiter->error = fetch->error ? fetch->error : ENOMEM;
        waiter->segment = kept ? segment_find(segments, fetch->name, NULL) : NULL;
        waiter->request->waiting--;
        waiter->request->step = came;
        request_go_on(waiter->request);
    }
    buffer_free(&fetch->get.body);
    free(fetch);
}

static struct fetch *begin(struct objects *objects, const struct object_want *want, const char *etag) {
    struct fetch *fetch = objects->count < FETCHES_MAX ? calloc(1, sizeof *fetch) : NULL;
    if (!fetch || strlen(want->name) >= sizeof fetch->name) {
        free(fetch);
        return NULL;
    }
    fetch->work = (struct work){.run = run, .done = done};
    fetch->objects = objects;
    strcpy(fetch->name, want->name);
    fetch->type = want->type;
    fetch->cache = want->cache;
    fetch->get.max = SEGMENT_BYTES_MAX;
    if (etag) {
        strncpy(fetch->etag, etag, sizeof fetch->etag - 1);
        fetch->get.unless = fetch->etag;
    }
    fetch->next = objects->fetches;
    if (workers_give(objects->workers, &fetch->work, objects->turn++)) {
        free(fetch);
        return NULL;
    }
    objects->fetches = fetch;
    objects->count++;
    return fetch;
}

static struct fetch *under_way(struct objects *objects, const char *name) {
    for (struct fetch *fetch = objects->fetches; fetch; fetch = fetch->next)
        if (!strcmp(fetch->name, name))
            return fetch;
    return NULL;
}

void objects_get(struct request *request, const struct object_want *want) {
    struct objects *objects = request->shard->objects;
    const char *etag = NULL;
    struct segment *segment = segment_find(request->shard->segments, want->name, &etag);
    if (segment) {
        give(request, want, segment);
        return;
    }
    struct fetch *fetch = under_way(objects, want->name);
    if (!fetch && !segments_full(request->shard->segments))
        fetch = begin(objects, want, etag);
    struct waiter *waiter = fetch ? arena_alloc(request->arena, sizeof *waiter) : NULL;
    if (!waiter) {
        reply_refuse(request, BUSY, NULL, NULL);
        return;
    }
    *waiter = (struct waiter){.want = *want, .request = request, .fetch = fetch, .next = fetch->waiters};
    fetch->waiters = waiter;
    request->state = waiter;
    request->state_end = gone;
    request->waiting++;
    request->step = came;
}

int objects_work(struct objects *objects, struct work *work) {
    return workers_give(objects->workers, work, objects->turn++);
}
