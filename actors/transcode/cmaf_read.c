#include <string.h>

#include "actors/transcode/cmaf.h"

/* What an avc1 entry and an stsd box hold before their boxes. */
enum { AVC_ENTRY_BYTES = 78, DESCRIPTIONS_BYTES = 8, SAMPLES_MAX = 1 << 16 };

enum tfhd { BASE_OFFSET = 1, DESCRIPTION = 2, DURATION = 8, BYTES = 16, FLAGS = 32 };
enum trun { RUN_OFFSET = 1, RUN_FIRST = 4, RUN_DURATION = 256, RUN_BYTES = 512, RUN_FLAGS = 1024, RUN_SHIFT = 2048 };

#define DEPENDS 0x10000u

struct span {
    const uint8_t *at;
    size_t n;
};

struct run {
    uint32_t flags, count, duration, bytes, sample;
    int64_t begins;
    size_t from; /* of the data, within the segment */
    struct span list;
};

static uint64_t number(struct span *from, size_t bytes) {
    uint64_t value = 0;
    if (from->n < bytes) {
        from->n = 0;
        return 0;
    }
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | from->at[i];
    from->at += bytes;
    from->n -= bytes;
    return value;
}

static void skip(struct span *from, size_t bytes) {
    bytes = bytes < from->n ? bytes : from->n;
    from->at += bytes;
    from->n -= bytes;
}

/* The next box; false at the end, or where it is none. */
static bool next(struct span *in, const uint8_t **type, struct span *body) {
    if (in->n < 8)
        return false;
    size_t bytes = (size_t)in->at[0] << 24 | (size_t)in->at[1] << 16 | (size_t)in->at[2] << 8 | in->at[3];
    if (bytes < 8 || bytes > in->n)
        return false;
    *type = in->at + 4;
    *body = (struct span){in->at + 8, bytes - 8};
    in->at += bytes;
    in->n -= bytes;
    return true;
}

static bool find(struct span in, const char *wanted, struct span *body) {
    const uint8_t *type;
    while (next(&in, &type, body))
        if (!memcmp(type, wanted, 4))
            return true;
    return false;
}

static void read_defaults(struct span box, struct run *run) {
    uint32_t flags = (uint32_t)number(&box, 4);
    skip(&box, 4 + (flags & BASE_OFFSET ? 8 : 0) + (flags & DESCRIPTION ? 4 : 0));
    run->duration = flags & DURATION ? (uint32_t)number(&box, 4) : 0;
    run->bytes = flags & BYTES ? (uint32_t)number(&box, 4) : 0;
    run->sample = flags & FLAGS ? (uint32_t)number(&box, 4) : 0;
}

static bool read_run(struct span moof, size_t moof_from, struct run *run) {
    struct span traf, box;
    if (!find(moof, "traf", &traf) || !find(traf, "tfhd", &box))
        return false;
    read_defaults(box, run);
    if (!find(traf, "tfdt", &box))
        return false;
    run->begins = (int64_t)(number(&box, 4) >> 24 ? number(&box, 8) : number(&box, 4));
    if (run->begins < 0 || run->begins > INT64_MAX / 2 || !find(traf, "trun", &run->list))
        return false;
    run->flags = (uint32_t)number(&run->list, 4) & 0xffffff;
    run->count = (uint32_t)number(&run->list, 4);
    if (!(run->flags & RUN_OFFSET) || run->count > SAMPLES_MAX)
        return false;
    run->from = moof_from + (size_t)number(&run->list, 4);
    if (run->flags & RUN_FIRST)
        run->sample = (uint32_t)number(&run->list, 4);
    return true;
}

static int take_run(const uint8_t *segment, size_t bytes, struct run *run,
                    int (*take)(void *self, const struct cmaf_unit *unit), void *self) {
    for (uint32_t i = 0; i < run->count; i++) {
        uint32_t duration = run->flags & RUN_DURATION ? (uint32_t)number(&run->list, 4) : run->duration;
        uint32_t size = run->flags & RUN_BYTES ? (uint32_t)number(&run->list, 4) : run->bytes;
        uint32_t flags = run->flags & RUN_FLAGS ? (uint32_t)number(&run->list, 4) : run->sample;
        int32_t shift = run->flags & RUN_SHIFT ? (int32_t)number(&run->list, 4) : 0;
        if (!size || run->from > bytes || size > bytes - run->from)
            return -1;
        struct cmaf_unit unit = {run->begins, run->begins + shift, !(flags & DEPENDS), segment + run->from, size};
        if (take(self, &unit))
            return -1;
        run->begins += duration;
        run->from += size;
    }
    return 0;
}

int cmaf_read(const uint8_t *segment, size_t bytes, int (*take)(void *self, const struct cmaf_unit *unit), void *self) {
    struct span in = {segment, bytes}, box;
    const uint8_t *type;
    while (next(&in, &type, &box)) {
        struct run run = {0};
        if (memcmp(type, "moof", 4) != 0)
            continue;
        if (!read_run(box, (size_t)(type - 4 - segment), &run) || take_run(segment, bytes, &run, take, self))
            return -1;
    }
    return in.n ? -1 : 0;
}

static bool set(struct span *from, const uint8_t **at, size_t *bytes) {
    size_t n = (size_t)number(from, 2);
    if (!n || n > from->n)
        return false;
    *at = from->at;
    *bytes = n;
    skip(from, n);
    return true;
}

int cmaf_sets(const uint8_t *init, size_t bytes, struct mp4_sets *sets) {
    static const char *const path[] = {"moov", "trak", "mdia", "minf", "stbl", "stsd"};
    struct span box = {init, bytes};
    for (size_t i = 0; i < sizeof path / sizeof *path; i++)
        if (!find(box, path[i], &box))
            return -1;
    skip(&box, DESCRIPTIONS_BYTES);
    if (!find(box, "avc1", &box))
        return -1;
    skip(&box, AVC_ENTRY_BYTES);
    if (!find(box, "avcC", &box))
        return -1;
    skip(&box, 5);
    bool one = (number(&box, 1) & 31) == 1 && set(&box, &sets->sps, &sets->sps_bytes);
    return one && number(&box, 1) == 1 && set(&box, &sets->pps, &sets->pps_bytes) ? 0 : -1;
}
