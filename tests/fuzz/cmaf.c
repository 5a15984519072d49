#include <stdlib.h>

#include "actors/transcode/cmaf.h"
#include "tests/fuzz/fuzz.h"

struct bounds {
    const uint8_t *from, *end;
    size_t units;
};

static void inside(const struct bounds *bounds, const uint8_t *at, size_t n) {
    if (at < bounds->from || n > (size_t)(bounds->end - at))
        abort();
}

static int take(void *self, const struct cmaf_unit *unit) {
    struct bounds *bounds = self;
    inside(bounds, unit->data, unit->bytes);
    return ++bounds->units > 100000;
}

/* Whatever stands in a file, its samples and its parameter sets lie within it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct bounds bounds = {data, data + n, 0};
    struct mp4_sets sets = {0};
    cmaf_read(data, n, take, &bounds);
    if (!cmaf_sets(data, n, &sets)) {
        inside(&bounds, sets.sps, sets.sps_bytes);
        inside(&bounds, sets.pps, sets.pps_bytes);
    }
    return 0;
}
