#ifndef ZOE_NODE_HISTOGRAM_H
#define ZOE_NODE_HISTOGRAM_H

#include <stdint.h>

/* Latencies in microseconds, 8 steps to each doubling (error below 9 %), up to an hour. One thread writes. */
enum { HISTOGRAM_STEPS = 8, HISTOGRAM_SLOTS = 32 * HISTOGRAM_STEPS };

struct histogram {
    uint64_t count, sum_us, slots[HISTOGRAM_SLOTS];
};

void histogram_add(struct histogram *histogram, int64_t us);
/* Upper bound of the slot that holds quantile `q` (0..1); 0 when empty. */
int64_t histogram_quantile(const struct histogram *histogram, double q);
/* Upper bound of slot `i` in microseconds. */
int64_t histogram_bound(unsigned i);

#endif
