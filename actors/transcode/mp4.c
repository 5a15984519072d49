#include "actors/transcode/mp4.h"
#include <string.h>

#define MOVIE_SCALE 1000
#define AUDIO_RATE  48000

static void put(struct buffer *to, uint64_t value, int bytes) {
    uint8_t out[8];
    for (int i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    buffer_add(to, out, (size_t)bytes);
}

static void zeros(struct buffer *to, size_t n) {
    static const uint8_t none[64];
    for (; n > 0; n -= n < sizeof none ? n : sizeof none)
        buffer_add(to, none, n < sizeof none ? n : sizeof none);
}

/* Begins a box; box_end() with what it returns sets its size. */
static size_t box(struct buffer *to, const char *type) {
    size_t at = to->n;
    put(to, 0, 4);
    buffer_add(to, type, 4);
    return at;
}

static size_t full_box(struct buffer *to, const char *type, unsigned version, unsigned flags) {
    size_t at = box(to, type);
    put(to, (uint64_t)version << 24 | flags, 4);
    return at;
}

static void box_end(struct buffer *to, size_t at) {
    if (to->failed)
        return;
    uint32_t bytes = (uint32_t)(to->n - at);
    uint8_t out[4] = {(uint8_t)(bytes >> 24), (uint8_t)(bytes >> 16), (uint8_t)(bytes >> 8), (uint8_t)bytes};
    memcpy(to->at + at, out, 4);
}

static void matrix(struct buffer *to) {
    static const uint32_t unity[9] = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};
    for (int i = 0; i < 9; i++)
        put(to, unity[i], 4);
}

static uint64_t length(const struct mp4_track *track) {
    uint64_t ticks = 0;
    for (size_t i = 0; i < track->sample_count; i++)
        ticks += track->samples[i].duration;
    return ticks;
}

static uint64_t movie_ticks(const struct mp4_track *track) {
    return length(track) * MOVIE_SCALE / track->scale;
}

static void file_type(struct buffer *to, const char *major, const char *brands) {
    size_t at = box(to, "ftyp");
    buffer_add(to, major, 4);
    put(to, 0x200, 4);
    buffer_add(to, brands, strlen(brands));
    box_end(to, at);
}

static void movie_header(struct buffer *to, uint64_t ticks, uint32_t next_track) {
    size_t at = full_box(to, "mvhd", 1, 0);
    put(to, 0, 8), put(to, 0, 8);
    put(to, MOVIE_SCALE, 4);
    put(to, ticks, 8);
    put(to, 0x10000, 4);
    put(to, 0x100, 2);
    zeros(to, 10);
    matrix(to);
    zeros(to, 24);
    put(to, next_track, 4);
    box_end(to, at);
}

static void track_header(struct buffer *to, const struct mp4_track *track, uint32_t number, uint64_t ticks) {
    size_t at = full_box(to, "tkhd", 1, 3);
    put(to, 0, 8), put(to, 0, 8);
    put(to, number, 4);
    put(to, 0, 4);
    put(to, ticks, 8);
    zeros(to, 8);
    put(to, 0, 2), put(to, 0, 2);
    put(to, track->width ? 0 : 0x100, 2);
    put(to, 0, 2);
    matrix(to);
    put(to, (uint64_t)track->width << 16, 4), put(to, (uint64_t)track->height << 16, 4);
    box_end(to, at);
}

static void edit(struct buffer *to, const struct mp4_track *track, uint64_t ticks) {
    size_t at = box(to, "edts"), list = full_box(to, "elst", 1, 0);
    put(to, 1, 4);
    put(to, ticks, 8);
    put(to, (uint64_t)track->skip, 8);
    put(to, 0x10000, 4);
    box_end(to, list);
    box_end(to, at);
}

static void avc_entry(struct buffer *to, const struct mp4_track *track) {
    size_t at = box(to, "avc1"), part;
    zeros(to, 6), put(to, 1, 2), zeros(to, 16);
    put(to, track->width, 2), put(to, track->height, 2);
    put(to, 0x480000, 4), put(to, 0x480000, 4);
    put(to, 0, 4), put(to, 1, 2), zeros(to, 32);
    put(to, 0x18, 2), put(to, 0xffff, 2);
    part = box(to, "avcC");
    put(to, 1, 1);
    buffer_add(to, track->sps + 1, 3);
    put(to, 0xff, 1), put(to, 0xe1, 1);
    put(to, track->sps_bytes, 2), buffer_add(to, track->sps, track->sps_bytes);
    put(to, 1, 1);
    put(to, track->pps_bytes, 2), buffer_add(to, track->pps, track->pps_bytes);
    /* High profile: 4:2:0, eight bits, no more sets. */
    put(to, 0xfdf8f800, 4);
    box_end(to, part);
    part = box(to, "pasp");
    put(to, 1, 4), put(to, 1, 4);
    box_end(to, part);
    part = box(to, "colr");
    buffer_add(to, "nclx", 4);
    put(to, 1, 2), put(to, 1, 2), put(to, 1, 2), put(to, 0, 1);
    box_end(to, part);
    box_end(to, at);
}

static void aac_entry(struct buffer *to, const struct mp4_track *track) {
    size_t at = box(to, "mp4a"), part;
    zeros(to, 6), put(to, 1, 2), zeros(to, 8);
    put(to, track->channels, 2), put(to, 16, 2), put(to, 0, 4);
    put(to, (uint64_t)AUDIO_RATE << 16, 4);
    part = full_box(to, "esds", 0, 0);
    /* ES, decoder configuration with AAC-LC's two bytes, SL. */
    put(to, 0x0319, 2), put(to, 0, 2), put(to, 0, 1);
    put(to, 0x0411, 2), put(to, 0x4015, 2), put(to, 0, 3), put(to, 0, 4), put(to, 0, 4);
    put(to, 0x0502, 2), put(to, 0x1180 | track->channels << 3, 2);
    put(to, 0x0601, 2), put(to, 2, 1);
    box_end(to, part);
    box_end(to, at);
}

static void durations(struct buffer *to, const struct mp4_track *track) {
    size_t at = full_box(to, "stts", 0, 0), count_at = to->n;
    uint32_t count = 0;
    put(to, 0, 4);
    for (size_t i = 0, n; i < track->sample_count; i += n, count++) {
        for (n = 1; i + n < track->sample_count && track->samples[i + n].duration == track->samples[i].duration; n++)
            ;
        put(to, n, 4), put(to, track->samples[i].duration, 4);
    }
    if (!to->failed)
        for (int i = 0; i < 4; i++)
            to->at[count_at + (size_t)i] = (char)(count >> (24 - 8 * i));
    box_end(to, at);
}

static void video_tables(struct buffer *to, const struct mp4_track *track) {
    size_t at = full_box(to, "ctts", 0, 0);
    uint32_t keys = 0;
    put(to, track->sample_count, 4);
    for (size_t i = 0; i < track->sample_count; i++) {
        put(to, 1, 4), put(to, (uint32_t)track->samples[i].shift, 4);
        keys += track->samples[i].key != 0;
    }
    box_end(to, at);
    at = full_box(to, "stss", 0, 0);
    put(to, keys, 4);
    for (size_t i = 0; i < track->sample_count; i++)
        if (track->samples[i].key)
            put(to, i + 1, 4);
    box_end(to, at);
}

static void sample_tables(struct buffer *to, const struct mp4_track *track, uint64_t data_at) {
    size_t at = box(to, "stbl"), part = full_box(to, "stsd", 0, 0);
    put(to, 1, 4);
    if (track->width)
        avc_entry(to, track);
    else
        aac_entry(to, track);
    box_end(to, part);
    durations(to, track);
    if (track->width && track->sample_count)
        video_tables(to, track);
    part = full_box(to, "stsc", 0, 0);
    put(to, track->run_count, 4);
    for (size_t i = 0; i < track->run_count; i++)
        put(to, i + 1, 4), put(to, track->runs[i].count, 4), put(to, 1, 4);
    box_end(to, part);
    part = full_box(to, "stsz", 0, 0);
    put(to, 0, 4), put(to, track->sample_count, 4);
    for (size_t i = 0; i < track->sample_count; i++)
        put(to, track->samples[i].bytes, 4);
    box_end(to, part);
    part = full_box(to, "co64", 0, 0);
    put(to, track->run_count, 4);
    for (size_t i = 0; i < track->run_count; i++)
        put(to, data_at + track->runs[i].offset, 8);
    box_end(to, part);
    box_end(to, at);
}

static void media(struct buffer *to, const struct mp4_track *track, uint64_t data_at) {
    size_t at = box(to, "mdia"), part = full_box(to, "mdhd", 1, 0), info;
    put(to, 0, 8), put(to, 0, 8);
    put(to, track->scale, 4), put(to, length(track), 8);
    put(to, 0x55c4, 2), put(to, 0, 2);
    box_end(to, part);
    part = full_box(to, "hdlr", 0, 0);
    put(to, 0, 4), buffer_add(to, track->width ? "vide" : "soun", 4), zeros(to, 12), put(to, 0, 1);
    box_end(to, part);
    info = box(to, "minf");
    part = track->width ? full_box(to, "vmhd", 0, 1) : full_box(to, "smhd", 0, 0);
    zeros(to, track->width ? 8 : 4);
    box_end(to, part);
    part = box(to, "dinf");
    size_t refs = full_box(to, "dref", 0, 0);
    put(to, 1, 4);
    box_end(to, full_box(to, "url ", 0, 1));
    box_end(to, refs);
    box_end(to, part);
    sample_tables(to, track, data_at);
    box_end(to, info);
    box_end(to, at);
}

static void movie(struct buffer *to, const struct mp4_track *tracks, size_t count, uint64_t data_at) {
    size_t at = box(to, "moov");
    uint64_t longest = 0;
    for (size_t i = 0; i < count; i++)
        if (movie_ticks(&tracks[i]) > longest)
            longest = movie_ticks(&tracks[i]);
    movie_header(to, longest, (uint32_t)count + 1);
    for (size_t i = 0; i < count; i++) {
        size_t part = box(to, "trak");
        track_header(to, &tracks[i], (uint32_t)i + 1, movie_ticks(&tracks[i]));
        if (tracks[i].skip > 0)
            edit(to, &tracks[i], movie_ticks(&tracks[i]));
        media(to, &tracks[i], data_at);
        box_end(to, part);
    }
    box_end(to, at);
}

void mp4_movie(const struct mp4_track *tracks, size_t count, uint64_t data_bytes, struct buffer *to) {
    struct buffer measure = {0};
    size_t began = to->n;
    file_type(to, "isom", "isomiso2avc1mp41");
    movie(&measure, tracks, count, 0);
    uint64_t data_at = to->n - began + measure.n + 16;
    to->failed |= measure.failed;
    buffer_free(&measure);
    movie(to, tracks, count, data_at);
    put(to, 1, 4), buffer_add(to, "mdat", 4), put(to, data_bytes + 16, 8);
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
