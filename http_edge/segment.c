#include "http_edge/segment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/store/place.h"
#include "db/store/store.h"
#include "http_edge/cache.h"
#include "http_edge/reply.h"
#include "protocol/node/clock.h"

enum { BUCKETS = 1024, CHECK_MS = 1000, CHECK_CONSTANT_MS = 60000, COUNT_MAX = 4096 };
static const size_t kept_bytes_max = (size_t)256 << 20, dropped_bytes_max = (size_t)256 << 20;

struct held {
    struct segment segment; /* first: callers hold its address */
    char *name;
    const char *type, *cache;
    uint64_t hash;
    ino_t inode;
    struct timespec changed;
    int64_t checked_ms;
    unsigned holders;
    bool fetched; /* own memory, not a mapped file */
    bool dropped; /* no longer found; freed when nobody holds it */
    struct held *next_in_bucket;
    struct held *newer, *older;
};

struct segments {
    struct metrics *metrics;
    struct held *buckets[BUCKETS];
    struct held *newest, *oldest;
    size_t bytes;
    size_t dropped_bytes; /* fetched and dropped, but still read by somebody */
    unsigned count;
};

struct segments *segments_new(struct metrics *metrics) {
    struct segments *segments = calloc(1, sizeof *segments);
    if (segments)
        segments->metrics = metrics;
    return segments;
}

static void destroy(struct held *held) {
    for (unsigned i = 0; i <= ORIGINS_MAX; i++)
        if (held->segment.responses[i])
            MHD_destroy_response(held->segment.responses[i]);
    if (held->fetched)
        free((void *)held->segment.at);
    else
        munmap((void *)held->segment.at, held->segment.n);
    free(held->name);
    free(held);
}

static void unlink_age(struct segments *segments, struct held *held) {
    *(held->newer ? &held->newer->older : &segments->newest) = held->older;
    *(held->older ? &held->older->newer : &segments->oldest) = held->newer;
    held->newer = held->older = NULL;
}

static void make_newest(struct segments *segments, struct held *held) {
    held->older = segments->newest;
    if (segments->newest)
        segments->newest->newer = held;
    segments->newest = held;
    if (!segments->oldest)
        segments->oldest = held;
}

static void drop(struct segments *segments, struct held *held) {
    struct held **at = &segments->buckets[held->hash % BUCKETS];
    while (*at != held)
        at = &(*at)->next_in_bucket;
    *at = held->next_in_bucket;
    unlink_age(segments, held);
    segments->bytes -= held->segment.n;
    segments->count--;
    metric_set(segments->metrics, METRIC_SEGMENT_BYTES, segments->bytes);
    held->dropped = true;
    if (!held->holders)
        destroy(held);
    else if (held->fetched)
        segments->dropped_bytes += held->segment.n;
}

void segments_free(struct segments *segments) {
    while (segments && segments->newest)
        drop(segments, segments->newest);
    free(segments);
}

static bool same_file(const struct held *held, const struct stat *stat) {
    return held->inode == stat->st_ino && (off_t)held->segment.n == stat->st_size &&
           held->changed.tv_sec == stat->st_mtim.tv_sec && held->changed.tv_nsec == stat->st_mtim.tv_nsec;
}

static struct held *find(const struct segments *segments, const char *name, uint64_t hash) {
    for (struct held *held = segments->buckets[hash % BUCKETS]; held; held = held->next_in_bucket)
        if (held->hash == hash && !strcmp(held->name, name))
            return held;
    return NULL;
}

static struct held *map_file(int fd, const struct stat *stat, const char *name, uint64_t hash) {
    size_t n = (size_t)stat->st_size;
    void *at = mmap(NULL, n, PROT_READ, MAP_SHARED, fd, 0);
    struct held *held = at == MAP_FAILED ? NULL : calloc(1, sizeof *held);
    if (held)
        held->name = strdup(name);
    if (!held || !held->name) {
        if (at != MAP_FAILED)
            munmap(at, n);
        free(held);
        errno = ENOMEM;
        return NULL;
    }
    held->segment.at = at;
    held->segment.n = n;
    held->hash = hash;
    held->inode = stat->st_ino;
    held->changed = stat->st_mtim;
    snprintf(held->segment.etag, sizeof held->segment.etag, "\"%llx-%llx-%lx\"", (unsigned long long)stat->st_ino,
             (unsigned long long)n, stat->st_mtim.tv_sec * 1000000000 + stat->st_mtim.tv_nsec);
    return held;
}

static struct held *open_file(struct segments *segments, const char *name, uint64_t hash, struct held *known) {
    struct stat stat;
    struct held *held = NULL;
    int fd = store_read(name);
    if (fd < 0) {
        if (known)
            drop(segments, known);
        return NULL;
    }
    bool file = !fstat(fd, &stat) && S_ISREG(stat.st_mode) && stat.st_size;
    errno = file ? EFBIG : ENOENT;
    if (file && (size_t)stat.st_size <= SEGMENT_BYTES_MAX) {
        if (known && same_file(known, &stat)) {
            close(fd);
            known->checked_ms = clock_ms();
            return known;
        }
        held = map_file(fd, &stat, name, hash);
    }
    int error = errno;
    close(fd);
    if (known)
        drop(segments, known);
    errno = error;
    return held;
}

static void keep(struct segments *segments, struct held *held) {
    while (segments->oldest && (segments->bytes + held->segment.n > kept_bytes_max || segments->count >= COUNT_MAX))
        drop(segments, segments->oldest);
    held->next_in_bucket = segments->buckets[held->hash % BUCKETS];
    segments->buckets[held->hash % BUCKETS] = held;
    make_newest(segments, held);
    segments->bytes += held->segment.n;
    segments->count++;
    held->checked_ms = clock_ms();
    metric_set(segments->metrics, METRIC_SEGMENT_BYTES, segments->bytes);
}

static struct segment *hold(struct segments *segments, struct held *held) {
    if (held != segments->newest) {
        unlink_age(segments, held);
        make_newest(segments, held);
    }
    held->holders++;
    return &held->segment;
}

static struct segment *hold_file(struct segments *segments, const char *name, const char *type, const char *cache,
                                 int64_t check_ms) {
    uint64_t hash = cache_tag(name, strlen(name));
    struct held *known = find(segments, name, hash), *held = known;
    if (!known || clock_ms() - known->checked_ms >= check_ms)
        held = open_file(segments, name, hash, known);
    if (!held)
        return NULL;
    metric_add(segments->metrics, held == known ? METRIC_SEGMENT_HITS : METRIC_SEGMENT_MISSES, 1);
    if (held != known) {
        held->type = type;
        held->cache = cache;
        keep(segments, held);
    }
    return hold(segments, held);
}

struct segment *segment_hold(struct segments *segments, const char *name, const char *type, const char *cache) {
    return hold_file(segments, name, type, cache, CHECK_MS);
}

struct segment *segment_hold_now(struct segments *segments, const char *name, const char *type, const char *cache) {
    return hold_file(segments, name, type, cache, 0);
}

void segment_release(struct segments *segments, struct segment *segment) {
    struct held *held = (struct held *)segment;
    if (--held->holders || !held->dropped)
        return;
    if (held->fetched)
        segments->dropped_bytes -= held->segment.n;
    destroy(held);
}

/* --- fetched ones --- */

struct segment *segment_find(struct segments *segments, const char *name, const char **etag) {
    struct held *held = find(segments, name, cache_tag(name, strlen(name)));
    bool constant = held && strstr(held->cache, "immutable");
    bool fresh = held && clock_ms() - held->checked_ms < (constant ? CHECK_CONSTANT_MS : CHECK_MS);
    if (etag) {
        *etag = held ? held->segment.etag : NULL;
        metric_add(segments->metrics, fresh ? METRIC_SEGMENT_HITS : METRIC_SEGMENT_MISSES, 1);
    }
    return fresh ? hold(segments, held) : NULL;
}

int segment_keep(struct segments *segments, const char *name, const char *type, const char *cache,
                 struct place_get *get) {
    uint64_t hash = cache_tag(name, strlen(name));
    struct held *known = find(segments, name, hash);
    if (get->unchanged && known) {
        known->checked_ms = clock_ms();
        return 0;
    }
    struct held *held = get->body.n ? calloc(1, sizeof *held) : NULL;
    if (!held || !(held->name = strdup(name))) {
        free(held);
        return -1;
    }
    if (known)
        drop(segments, known);
    held->segment.at = get->body.at;
    held->segment.n = get->body.n;
    snprintf(held->segment.etag, sizeof held->segment.etag, "%s", get->etag);
    held->hash = hash;
    held->fetched = true;
    held->type = type;
    held->cache = cache;
    get->body = (struct buffer){0};
    keep(segments, held);
    return 0;
}

bool segment_known(const struct segments *segments, const char *name) {
    return find(segments, name, cache_tag(name, strlen(name)));
}

void segment_forget(struct segments *segments, const char *name) {
    struct held *known = find(segments, name, cache_tag(name, strlen(name)));
    if (known)
        drop(segments, known);
}

bool segments_full(const struct segments *segments) {
    return segments->dropped_bytes > dropped_bytes_max;
}

struct MHD_Response *segment_response(struct segment *segment, int origin) {
    struct held *held = (struct held *)segment;
    struct MHD_Response **slot = &segment->responses[origin + 1];
    if (*slot)
        return *slot;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(segment->n, (void *)segment->at, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return NULL;
    reply_common(NULL, response);
    if (origin >= 0)
        cors_add(response, origin);
    MHD_add_response_header(response, "Content-Type", held->type);
    MHD_add_response_header(response, "Cache-Control", held->cache);
    MHD_add_response_header(response, "ETag", segment->etag);
    MHD_add_response_header(response, "Accept-Ranges", "bytes");
    MHD_add_response_header(response, "Vary", "Origin");
    return *slot = response;
}
