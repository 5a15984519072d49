#ifndef ZOE_EDGE_METRICS_H
#define ZOE_EDGE_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "http_edge/route.h"

/* Counters of one shard: it alone writes, any thread reads. */
enum { METRIC_CLASSES = 5, METRIC_BOUNDS = 13 };

struct latency {
    _Atomic uint64_t sum_us, count, within[METRIC_BOUNDS];
};

enum { SHARDS_MAX = 256 };

enum metric {
    METRIC_CONNECTIONS, /* open now */
    METRIC_ACTIVE,      /* requests being answered now */
    METRIC_CACHE_HITS,
    METRIC_CACHE_MISSES,
    METRIC_SEGMENT_HITS,
    METRIC_SEGMENT_MISSES,
    METRIC_SEGMENT_BYTES, /* mapped now */
    METRIC_UPLOADS,       /* arriving now */
    METRIC_UPLOAD_BYTES,
    METRIC_STREAMS, /* open event streams */
    METRIC_GUARD,   /* requests refused for their form */
    METRIC_SENT_BYTES,
    METRIC_ASKS, /* waiting for an answer */
    METRIC_COUNT
};

struct metrics {
    _Atomic uint64_t values[METRIC_COUNT];
    struct latency routes[ROUTES_MAX + 1][METRIC_CLASSES]; /* the last row: paths that are nobody's */
};

/* One writer, so no locked instruction is needed. */
static inline void metric_add(struct metrics *metrics, enum metric metric, int64_t n) {
    uint64_t value = atomic_load_explicit(&metrics->values[metric], memory_order_relaxed);
    atomic_store_explicit(&metrics->values[metric], value + (uint64_t)n, memory_order_relaxed);
}

static inline void metric_set(struct metrics *metrics, enum metric metric, uint64_t n) {
    atomic_store_explicit(&metrics->values[metric], n, memory_order_relaxed);
}

/* A request of `route` (NULL: nobody's path) was answered with an HTTP status after `us`. */
void metrics_request(struct metrics *metrics, const struct route *route, int http, int64_t us);

/* Those of one more shard; before the shards serve. */
void metrics_register(const struct metrics *metrics);

/* Adds the numbers of all shards as Prometheus text. */
struct buffer;
void metrics_print(struct buffer *to);

#endif
