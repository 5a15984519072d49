#include "actors/transcode/mp4.h"
#include "actors/transcode/boxes.h"
#include <string.h>

static uint64_t movie_ticks(const struct mp4_track *track) {
    return box_ticks(track) * BOX_MOVIE_SCALE / track->scale;
}

static void edit(struct buffer *to, const struct mp4_track *track, uint64_t ticks) {
    size_t at = box_begin(to, "edts"), list = box_begin_full(to, "elst", 1, 0);
    box_put(to, 1, 4);
    box_put(to, ticks, 8);
    box_put(to, (uint64_t)track->skip, 8);
    box_put(to, 0x10000, 4);
    box_end(to, list);
    box_end(to, at);
}

static void movie(struct buffer *to, const struct mp4_track *tracks, size_t count, uint64_t data_at) {
    size_t at = box_begin(to, "moov");
    uint64_t longest = 0;
    for (size_t i = 0; i < count; i++)
        if (movie_ticks(&tracks[i]) > longest)
            longest = movie_ticks(&tracks[i]);
    box_movie_header(to, longest, (uint32_t)count + 1);
    for (size_t i = 0; i < count; i++) {
        size_t part = box_begin(to, "trak");
        box_track_header(to, &tracks[i], (uint32_t)i + 1, movie_ticks(&tracks[i]));
        if (tracks[i].skip > 0)
            edit(to, &tracks[i], movie_ticks(&tracks[i]));
        box_media(to, &tracks[i], data_at);
        box_end(to, part);
    }
    box_end(to, at);
}

void mp4_movie(const struct mp4_track *tracks, size_t count, uint64_t data_bytes, struct buffer *to) {
    struct buffer measure = {0};
    size_t began = to->n;
    box_file_type(to, "isom", "isomiso2avc1mp41");
    movie(&measure, tracks, count, 0);
    uint64_t data_at = to->n - began + measure.n + 16;
    to->failed |= measure.failed;
    buffer_free(&measure);
    movie(to, tracks, count, data_at);
    box_put(to, 1, 4), buffer_add(to, "mdat", 4), box_put(to, data_bytes + 16, 8);
}

/* The next NAL unit from *at on; NULL at the end. */
static const uint8_t *nal_next(const uint8_t **at, const uint8_t *end, size_t *bytes) {
    const uint8_t *from = *at;
    while (end - from >= 4 && (from[0] || from[1] || from[2] != 1))
        from++;
    if (end - from < 4)
        return NULL;
    from += 3;
    const uint8_t *to = from;
    while (end - to >= 3 && (to[0] || to[1] || to[2] > 1))
        to++;
    if (end - to < 3)
        to = end;
    *at = to;
    *bytes = (size_t)(to - from);
    return from;
}

size_t mp4_unit(const uint8_t *from, size_t bytes, uint8_t *to, struct mp4_sets *sets) {
    enum { SPS = 7, PPS = 8, DELIMITER = 9 };
    const uint8_t *end = from + bytes, *nal;
    size_t used = 0, n;
    while ((nal = nal_next(&from, end, &n))) {
        int type = nal[0] & 31;
        if (type == SPS && sets && !sets->sps && n >= 4)
            sets->sps = nal, sets->sps_bytes = n;
        if (type == PPS && sets && !sets->pps)
            sets->pps = nal, sets->pps_bytes = n;
        if (type == SPS || type == PPS || type == DELIMITER)
            continue;
        const uint8_t size[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
        memcpy(to + used, size, sizeof size);
        memcpy(to + used + sizeof size, nal, n);
        used += sizeof size + n;
    }
    return used;
}
