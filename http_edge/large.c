#include "http_edge/large.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/store/store.h"
#include "http_edge/objects.h"
#include "http_edge/reply.h"
#include "http_edge/send.h"
#include "http_edge/shard.h"
#include "http_edge/workers.h"
#include "protocol/node/log.h"

/* A reader has two pieces. They are small at first, and grow for who empties them faster than they come, as long as
 * half of a shard's memory for this is free: slow readers, of whom there may be many, keep them small. */
enum { PIECE_MIN_BYTES = 256 << 10, PIECE_MAX_BYTES = 2 << 20, BLOCK_BYTES = 64 << 10, MEMORY_BYTES = 256 << 20 };

/* `get` and `error` belong to the thread while `fetching`. */
struct large {
    struct work work; /* first: work's functions get its address */
    struct shard *shard;
    struct request *request; /* NULL after its end */
    struct large_want want;
    char name[PLACE_NAME_BYTES], etag[PLACE_ETAG_BYTES];
    struct place_get get;
    int error;
    bool fetching, failed;
    int64_t size, at, end;   /* of the object; what is fetched next; where the answer ends */
    int64_t piece;           /* bytes of one */
    struct buffer now, next; /* what is being sent, and what comes behind it */
    size_t used;
};

static void destroy(struct large *large) {
    large->shard->film_bytes -= 2 * large->piece;
    buffer_free(&large->get.body);
    buffer_free(&large->now);
    buffer_free(&large->next);
    free(large);
}

static void ended(struct request *request, bool completed) {
    (void)completed;
    struct large *large = request->state;
    large->request = NULL;
    if (!large->fetching)
        destroy(large);
}

/* --- fetching --- */

static void run(struct work *work) {
    struct large *large = (struct large *)work;
    large->error = place_get(store_place(), large->name, &large->get) ? errno : 0;
}

static int fetch(struct large *large, int64_t offset, int64_t count) {
    large->get = (struct place_get){.offset = offset, .count = count, .max = (size_t)count};
    large->fetching = !objects_work(large->shard->objects, &large->work);
    return large->fetching ? 0 : -1;
}

static void fetch_next(struct large *large) {
    int64_t left = large->end - large->at;
    if (left && !large->fetching && !large->next.n && !large->failed)
        large->failed = fetch(large, large->at, left < large->piece ? left : large->piece) != 0;
}

static void grow(struct large *large) {
    if (large->piece >= PIECE_MAX_BYTES || large->shard->film_bytes + 2 * large->piece > MEMORY_BYTES / 2)
        return;
    large->shard->film_bytes += 2 * large->piece;
    large->piece *= 2;
}

/* The object must be the one of the beginning still. */
static void piece_came(struct large *large) {
    if (large->error || strcmp(large->get.etag, large->etag) || (int64_t)large->get.body.n != large->get.count) {
        log_warn(large->request->trace, "object_failed", "name=%s error=%s", log_value(large->name),
                 log_value(strerror(large->error)));
        large->failed = true;
    } else {
        large->next = large->get.body;
        large->get.body = (struct buffer){0};
        large->at += (int64_t)large->next.n;
    }
    request_resume(large->request);
}

/* --- sending --- */

static ssize_t read_on(void *self, uint64_t position, char *to, size_t size) {
    (void)position;
    struct large *large = self;
    if (large->used == large->now.n && large->next.n) {
        buffer_free(&large->now);
        large->now = large->next;
        large->next = (struct buffer){0};
        large->used = 0;
    }
    size_t n = large->now.n - large->used;
    if (!n && large->used)
        grow(large);
    fetch_next(large);
    if (!n && (large->failed || large->request->gone))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (!n) {
        request_park(large->request);
        return 0;
    }
    n = n < size ? n : size;
    memcpy(to, large->now.at + large->used, n);
    large->used += n;
    return (ssize_t)n;
}

static void answer(struct request *request, struct large *large) {
    uint64_t first, count;
    int http;
    struct send_what what = {large->want.type, large->want.cache, large->etag, (uint64_t)large->size};
    if (!send_judge(request, &what, &first, &count, &http))
        return;
    struct MHD_Response *response = MHD_create_response_from_callback(count, BLOCK_BYTES, read_on, large, NULL);
    if (!response) {
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
        return;
    }
    reply_response(request, http, response, count);
    send_describe(request, &what, first, count);
    large->at = (int64_t)first;
    large->end = (int64_t)(first + count);
    if (request->method == METHOD_GET)
        fetch_next(large);
}

static void known(struct request *request) {
    struct large *large = request->state;
    if (large->error == ENOENT || large->error == EINVAL || (!large->error && large->get.size <= 0))
        large->want.missing(request);
    else if (large->error)
        reply_refuse(request, UNAVAILABLE, "store-failed", "The store does not answer; try again soon.");
    else {
        large->size = large->get.size;
        memcpy(large->etag, large->get.etag, sizeof large->etag);
        buffer_free(&large->get.body);
        answer(request, large);
    }
}

static void done(struct work *work) {
    struct large *large = (struct large *)work;
    large->fetching = false;
    if (!large->request)
        destroy(large);
    else if (large->size)
        piece_came(large);
    else {
        large->request->waiting--;
        large->request->step = known;
        request_go_on(large->request);
    }
}

void large_get(struct request *request, const struct large_want *want) {
    struct shard *shard = request->shard;
    bool fits = shard->film_bytes + 2 * PIECE_MIN_BYTES <= MEMORY_BYTES && strlen(want->name) < PLACE_NAME_BYTES;
    struct large *large = fits ? calloc(1, sizeof *large) : NULL;
    if (!large) {
        reply_refuse(request, BUSY, NULL, NULL);
        return;
    }
    shard->film_bytes += 2 * PIECE_MIN_BYTES;
    *large = (struct large){.work = {.run = run, .done = done},
                            .shard = shard,
                            .request = request,
                            .want = *want,
                            .piece = PIECE_MIN_BYTES};
    strcpy(large->name, want->name);
    /* One byte tells its size and its tag. */
    if (fetch(large, 0, 1)) {
        destroy(large);
        reply_refuse(request, BUSY, NULL, NULL);
        return;
    }
    request->state = large;
    request->state_end = ended;
    request->waiting++;
    request->step = known;
}
