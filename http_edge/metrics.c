#include "http_edge/metrics.h"

#include <inttypes.h>

#include "protocol/wire/buffer.h"

static const struct metrics *all[SHARDS_MAX];
static unsigned all_count;

static const int64_t bounds_us[METRIC_BOUNDS] = {250,   500,    1000,   2500,    5000,    10000,   25000,
                                                 50000, 100000, 250000, 1000000, 2500000, 10000000};

static const struct {
    const char *name, *type, *help;
} rows[METRIC_COUNT] = {
    [METRIC_CONNECTIONS] = {"connections", "gauge", "Open connections."},
    [METRIC_ACTIVE] = {"requests_active", "gauge", "Requests being answered."},
    [METRIC_CACHE_HITS] = {"cache_hits_total", "counter", "Answers given from the cache."},
    [METRIC_CACHE_MISSES] = {"cache_misses_total", "counter", "Cacheable answers that had to be asked for."},
    [METRIC_SEGMENT_HITS] = {"segment_hits_total", "counter", "Segments served from a mapping."},
    [METRIC_SEGMENT_MISSES] = {"segment_misses_total", "counter", "Segments that had to be opened."},
    [METRIC_SEGMENT_BYTES] = {"segment_mapped_bytes", "gauge", "Bytes of mapped segments."},
    [METRIC_UPLOADS] = {"uploads_active", "gauge", "Uploads that are arriving."},
    [METRIC_UPLOAD_BYTES] = {"upload_bytes_total", "counter", "Bytes of uploads taken in."},
    [METRIC_STREAMS] = {"event_streams", "gauge", "Open event streams."},
    [METRIC_GUARD] = {"malformed_requests_total", "counter", "Requests refused for their form."},
    [METRIC_SENT_BYTES] = {"sent_bytes_total", "counter", "Bytes of answers' bodies."},
    [METRIC_ASKS] = {"asks_in_flight", "gauge", "Asks that wait for an actor."},
};

static void add(_Atomic uint64_t *to, uint64_t n) {
    atomic_store_explicit(to, atomic_load_explicit(to, memory_order_relaxed) + n, memory_order_relaxed);
}

static uint64_t get(const _Atomic uint64_t *from) {
    return atomic_load_explicit((_Atomic uint64_t *)from, memory_order_relaxed);
}

void metrics_request(struct metrics *metrics, const struct route *route, int http, int64_t us) {
    int class = http < 100 || http > 599 ? 4 : http / 100 - 1;
    struct latency *latency = &metrics->routes[route ? route->number : ROUTES_MAX][class];
    unsigned i = 0;
    while (i < METRIC_BOUNDS && us > bounds_us[i])
        i++;
    if (i < METRIC_BOUNDS)
        add(&latency->within[i], 1);
    add(&latency->count, 1);
    add(&latency->sum_us, us > 0 ? (uint64_t)us : 0);
}

static void print_route(unsigned route, unsigned class, struct buffer *to) {
    uint64_t total = 0, sum = 0, within[METRIC_BOUNDS] = {0};
    for (unsigned s = 0; s < all_count; s++) {
        const struct latency *latency = &all[s]->routes[route][class];
        total += get(&latency->count);
        sum += get(&latency->sum_us);
        for (unsigned i = 0; i < METRIC_BOUNDS; i++)
            within[i] += get(&latency->within[i]);
    }
    if (!total)
        return;
    char labels[256];
    snprintf(labels, sizeof labels, "method=\"%s\",route=\"%s\",status=\"%uxx\"",
             route == ROUTES_MAX ? "" : method_name(route_at(route)->row->method),
             route == ROUTES_MAX ? "none" : route_at(route)->path, class + 1);
    uint64_t below = 0;
    for (unsigned i = 0; i < METRIC_BOUNDS; i++) {
        below += within[i];
        buffer_print(to, "zoe_edge_request_seconds_bucket{%s,le=\"%g\"} %" PRIu64 "\n", labels,
                     (double)bounds_us[i] / 1e6, below);
    }
    buffer_print(to, "zoe_edge_request_seconds_bucket{%s,le=\"+Inf\"} %" PRIu64 "\n", labels, total);
    buffer_print(to, "zoe_edge_request_seconds_sum{%s} %.6f\n", labels, (double)sum / 1e6);
    buffer_print(to, "zoe_edge_request_seconds_count{%s} %" PRIu64 "\n", labels, total);
}

void metrics_register(const struct metrics *metrics) {
    all[all_count++] = metrics;
}

void metrics_print(struct buffer *to) {
    for (unsigned i = 0; i < METRIC_COUNT; i++) {
        uint64_t sum = 0;
        for (unsigned s = 0; s < all_count; s++)
            sum += get(&all[s]->values[i]);
        buffer_print(to, "# HELP zoe_edge_%s %s\n# TYPE zoe_edge_%s %s\nzoe_edge_%s %" PRIu64 "\n", rows[i].name,
                     rows[i].help, rows[i].name, rows[i].type, rows[i].name, sum);
    }
    buffer_print(to, "# HELP zoe_edge_shards Threads.\n# TYPE zoe_edge_shards gauge\nzoe_edge_shards %u\n", all_count);
    buffer_text(to, "# HELP zoe_edge_request_seconds Time from the request's head to the answer's last byte.\n"
                    "# TYPE zoe_edge_request_seconds histogram\n");
    for (unsigned route = 0; route <= ROUTES_MAX; route++)
        for (unsigned class = 0; class < METRIC_CLASSES && (route < route_count() || route == ROUTES_MAX); class ++)
            print_route(route, class, to);
}
