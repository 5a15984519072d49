#include "protocol/node/histogram.h"

static unsigned slot(uint64_t us) {
    if (us < HISTOGRAM_STEPS)
        return (unsigned)us;
    unsigned power = 63 - (unsigned)__builtin_clzll(us);
    unsigned step = (unsigned)(us >> (power - 3)) & (HISTOGRAM_STEPS - 1);
    unsigned i = (power - 2) * HISTOGRAM_STEPS + step;
    return i < HISTOGRAM_SLOTS ? i : HISTOGRAM_SLOTS - 1;
}

int64_t histogram_bound(unsigned i) {
    if (i < HISTOGRAM_STEPS)
        return i;
    unsigned power = i / HISTOGRAM_STEPS + 2;
    return ((int64_t)(HISTOGRAM_STEPS + i % HISTOGRAM_STEPS + 1) << (power - 3)) - 1;
}

void histogram_add(struct histogram *histogram, int64_t us) {
    uint64_t value = us < 0 ? 0 : (uint64_t)us;
    histogram->count++;
    histogram->sum_us += value;
    histogram->slots[slot(value)]++;
}

int64_t histogram_quantile(const struct histogram *histogram, double q) {
    uint64_t wanted = (uint64_t)(q * (double)histogram->count), seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_SLOTS; i++) {
        seen += histogram->slots[i];
        if (seen > wanted || (seen && seen == histogram->count))
            return histogram_bound(i);
    }
    return 0;
}
