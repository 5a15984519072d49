#include <stdlib.h>

#include "actors/transcode/mp4.h"
#include "actors/transcode/unpack.h"
#include "tests/fuzz/fuzz.h"

/* Whatever stands in a segment, its units lie within what was allocated for them, and the room for lengths is enough:
 * the sanitizers see what does not. */
static int take(void *self, const struct unpack_unit *unit) {
    size_t *units = self;
    struct mp4_sets sets = {0};
    uint8_t *room = malloc(MP4_UNIT_ROOM(unit->bytes));
    if (!room)
        abort();
    if (mp4_unit(unit->data, unit->bytes, room, &sets) > MP4_UNIT_ROOM(unit->bytes))
        abort();
    if (sets.sps && (sets.sps < unit->data || sets.sps + sets.sps_bytes > unit->data + unit->bytes))
        abort();
    free(room);
    return ++*units > 100000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    size_t units = 0;
    unpack(data, n, take, &units);
    return 0;
}
