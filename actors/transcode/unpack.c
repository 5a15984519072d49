#include "actors/transcode/unpack.h"

#include <stdlib.h>
#include <string.h>

enum { PACKET = 188, PID_VIDEO = 0x100, PID_AUDIO = 0x101, ADTS = 7, GRAIN_90K = 1920 };

/* A PES packet as it is put together. */
struct pes {
    uint8_t *data;
    size_t bytes, room;
};

struct unpacker {
    int (*take)(void *self, const struct unpack_unit *unit);
    void *self;
    struct pes video, audio;
};

static int add(struct pes *pes, const uint8_t *from, size_t n) {
    if (!n)
        return 0;
    if (pes->bytes + n > pes->room) {
        size_t room = 2 * (pes->bytes + n) + 65536;
        uint8_t *more = realloc(pes->data, room);
        if (!more)
            return -1;
        pes->data = more;
        pes->room = room;
    }
    memcpy(pes->data + pes->bytes, from, n);
    pes->bytes += n;
    return 0;
}

static int64_t stamp(const uint8_t *at) {
    return (int64_t)(at[0] >> 1 & 7) << 30 | (int64_t)at[1] << 22 | (int64_t)(at[2] >> 1) << 15 | (int64_t)at[3] << 7 |
           at[4] >> 1;
}

static int sounds(struct unpacker *u, int64_t pts, const uint8_t *at, const uint8_t *end) {
    for (; end - at >= ADTS; pts += GRAIN_90K) {
        size_t bytes = (size_t)(at[3] & 3) << 11 | (size_t)at[4] << 3 | at[5] >> 5;
        if (at[0] != 0xff || bytes <= ADTS || bytes > (size_t)(end - at))
            return -1;
        struct unpack_unit unit = {true, pts, pts, at + ADTS, bytes - ADTS};
        if (u->take(u->self, &unit))
            return -1;
        at += bytes;
    }
    return at == end ? 0 : -1;
}

/* The packet is whole: its units go on, and the next one may begin. */
static int finish(struct unpacker *u, struct pes *pes, bool sound) {
    const uint8_t *at = pes->data;
    size_t bytes = pes->bytes;
    pes->bytes = 0;
    if (!bytes)
        return 0;
    if (bytes < 14 || at[0] || at[1] || at[2] != 1 || !(at[7] & 0x80))
        return -1;
    size_t head = 9 + (size_t)at[8];
    bool both = at[7] >> 6 == 3;
    if (head > bytes || at[8] < (both ? 10 : 5))
        return -1;
    int64_t pts = stamp(at + 9), dts = both ? stamp(at + 14) : pts;
    if (sound)
        return sounds(u, pts, at + head, at + bytes);
    struct unpack_unit unit = {false, pts, dts, at + head, bytes - head};
    return u->take(u->self, &unit) ? -1 : 0;
}

static int packet(struct unpacker *u, const uint8_t *p) {
    unsigned pid = (p[1] & 31u) << 8 | p[2], from = 4;
    if (p[0] != 0x47)
        return -1;
    if (pid != PID_VIDEO && pid != PID_AUDIO)
        return 0;
    if (p[3] & 0x20)
        from = 5u + p[4];
    if (!(p[3] & 0x10) || from > PACKET)
        return -1;
    struct pes *pes = pid == PID_VIDEO ? &u->video : &u->audio;
    if ((p[1] & 0x40) && finish(u, pes, pid == PID_AUDIO))
        return -1;
    return add(pes, p + from, PACKET - from);
}

int unpack(const uint8_t *segment, size_t bytes, int (*take)(void *self, const struct unpack_unit *unit), void *self) {
    struct unpacker u = {.take = take, .self = self};
    int rc = bytes % PACKET ? -1 : 0;
    for (size_t at = 0; !rc && at < bytes; at += PACKET)
        rc = packet(&u, segment + at);
    if (!rc)
        rc = finish(&u, &u.video, false) || finish(&u, &u.audio, true) ? -1 : 0;
    free(u.video.data);
    free(u.audio.data);
    return rc;
}
