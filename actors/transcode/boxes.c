#include "actors/transcode/boxes.h"
#include <string.h>

#define AUDIO_RATE 48000

void box_put(struct buffer *to, uint64_t value, int bytes) {
    uint8_t out[8];
    for (int i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    buffer_add(to, out, (size_t)bytes);
}

void box_zeros(struct buffer *to, size_t n) {
    static const uint8_t none[64];
    for (; n > 0; n -= n < sizeof none ? n : sizeof none)
        buffer_add(to, none, n < sizeof none ? n : sizeof none);
}

size_t box_begin(struct buffer *to, const char *type) {
    size_t at = to->n;
    box_put(to, 0, 4);
    buffer_add(to, type, 4);
    return at;
}

size_t box_begin_full(struct buffer *to, const char *type, unsigned version, unsigned flags) {
    size_t at = box_begin(to, type);
    box_put(to, (uint64_t)version << 24 | flags, 4);
    return at;
}

void box_patch(struct buffer *to, size_t at, uint64_t value) {
    if (to->failed)
        return;
    uint8_t out[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
    memcpy(to->at + at, out, sizeof out);
}

void box_end(struct buffer *to, size_t at) {
    box_patch(to, at, to->n - at);
}

static void matrix(struct buffer *to) {
    static const uint32_t unity[9] = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};
    for (int i = 0; i < 9; i++)
        box_put(to, unity[i], 4);
}

uint64_t box_ticks(const struct mp4_track *track) {
    uint64_t ticks = 0;
    for (size_t i = 0; i < track->sample_count; i++)
        ticks += track->samples[i].duration;
    return ticks;
}

void box_file_type(struct buffer *to, const char *major, const char *brands) {
    size_t at = box_begin(to, "ftyp");
    buffer_add(to, major, 4);
    box_put(to, 0x200, 4);
    buffer_add(to, brands, strlen(brands));
    box_end(to, at);
}

void box_movie_header(struct buffer *to, uint64_t ticks, uint32_t next_track) {
    size_t at = box_begin_full(to, "mvhd", 1, 0);
    box_put(to, 0, 8), box_put(to, 0, 8);
    box_put(to, BOX_MOVIE_SCALE, 4);
    box_put(to, ticks, 8);
    box_put(to, 0x10000, 4);
    box_put(to, 0x100, 2);
    box_zeros(to, 10);
    matrix(to);
    box_zeros(to, 24);
    box_put(to, next_track, 4);
    box_end(to, at);
}

void box_track_header(struct buffer *to, const struct mp4_track *track, uint32_t number, uint64_t ticks) {
    size_t at = box_begin_full(to, "tkhd", 1, 3);
    box_put(to, 0, 8), box_put(to, 0, 8);
    box_put(to, number, 4);
    box_put(to, 0, 4);
    box_put(to, ticks, 8);
    box_zeros(to, 8);
    box_put(to, 0, 2), box_put(to, 0, 2);
    box_put(to, track->width ? 0 : 0x100, 2);
    box_put(to, 0, 2);
    matrix(to);
    box_put(to, (uint64_t)track->width << 16, 4), box_put(to, (uint64_t)track->height << 16, 4);
    box_end(to, at);
}

static void avc_entry(struct buffer *to, const struct mp4_track *track) {
    size_t at = box_begin(to, "avc1"), part;
    box_zeros(to, 6), box_put(to, 1, 2), box_zeros(to, 16);
    box_put(to, track->width, 2), box_put(to, track->height, 2);
    box_put(to, 0x480000, 4), box_put(to, 0x480000, 4);
    box_put(to, 0, 4), box_put(to, 1, 2), box_zeros(to, 32);
    box_put(to, 0x18, 2), box_put(to, 0xffff, 2);
    part = box_begin(to, "avcC");
    box_put(to, 1, 1);
    buffer_add(to, track->sps + 1, 3);
    box_put(to, 0xff, 1), box_put(to, 0xe1, 1);
    box_put(to, track->sps_bytes, 2), buffer_add(to, track->sps, track->sps_bytes);
    box_put(to, 1, 1);
    box_put(to, track->pps_bytes, 2), buffer_add(to, track->pps, track->pps_bytes);
    /* High profile: 4:2:0, eight bits, no more sets. */
    box_put(to, 0xfdf8f800, 4);
    box_end(to, part);
    part = box_begin(to, "pasp");
    box_put(to, 1, 4), box_put(to, 1, 4);
    box_end(to, part);
    part = box_begin(to, "colr");
    buffer_add(to, "nclx", 4);
    box_put(to, 1, 2), box_put(to, 1, 2), box_put(to, 1, 2), box_put(to, 0, 1);
    box_end(to, part);
    box_end(to, at);
}

static void aac_entry(struct buffer *to, const struct mp4_track *track) {
    size_t at = box_begin(to, "mp4a"), part;
    box_zeros(to, 6), box_put(to, 1, 2), box_zeros(to, 8);
    box_put(to, track->channels, 2), box_put(to, 16, 2), box_put(to, 0, 4);
    box_put(to, (uint64_t)AUDIO_RATE << 16, 4);
    part = box_begin_full(to, "esds", 0, 0);
    /* ES, decoder configuration with AAC-LC's two bytes, SL. */
    box_put(to, 0x0319, 2), box_put(to, 0, 2), box_put(to, 0, 1);
    box_put(to, 0x0411, 2), box_put(to, 0x4015, 2), box_put(to, 0, 3), box_put(to, 0, 4), box_put(to, 0, 4);
    box_put(to, 0x0502, 2), box_put(to, 0x1180 | track->channels << 3, 2);
    box_put(to, 0x0601, 2), box_put(to, 2, 1);
    box_end(to, part);
    box_end(to, at);
}

static void durations(struct buffer *to, const struct mp4_track *track) {
    size_t at = box_begin_full(to, "stts", 0, 0), count_at = to->n;
    uint32_t count = 0;
    box_put(to, 0, 4);
    for (size_t i = 0, n; i < track->sample_count; i += n, count++) {
        for (n = 1; i + n < track->sample_count && track->samples[i + n].duration == track->samples[i].duration; n++)
            ;
        box_put(to, n, 4), box_put(to, track->samples[i].duration, 4);
    }
    box_patch(to, count_at, count);
    box_end(to, at);
}

static void video_tables(struct buffer *to, const struct mp4_track *track) {
    size_t at = box_begin_full(to, "ctts", 0, 0);
    uint32_t keys = 0;
    box_put(to, track->sample_count, 4);
    for (size_t i = 0; i < track->sample_count; i++) {
        box_put(to, 1, 4), box_put(to, (uint32_t)track->samples[i].shift, 4);
        keys += track->samples[i].key != 0;
    }
    box_end(to, at);
    at = box_begin_full(to, "stss", 0, 0);
    box_put(to, keys, 4);
    for (size_t i = 0; i < track->sample_count; i++)
        if (track->samples[i].key)
            box_put(to, i + 1, 4);
    box_end(to, at);
}

static void sample_tables(struct buffer *to, const struct mp4_track *track, uint64_t data_at) {
    size_t at = box_begin(to, "stbl"), part = box_begin_full(to, "stsd", 0, 0);
    box_put(to, 1, 4);
    if (track->width)
        avc_entry(to, track);
    else
        aac_entry(to, track);
    box_end(to, part);
    durations(to, track);
    if (track->width && track->sample_count)
        video_tables(to, track);
    part = box_begin_full(to, "stsc", 0, 0);
    box_put(to, track->run_count, 4);
    for (size_t i = 0; i < track->run_count; i++)
        box_put(to, i + 1, 4), box_put(to, track->runs[i].count, 4), box_put(to, 1, 4);
    box_end(to, part);
    part = box_begin_full(to, "stsz", 0, 0);
    box_put(to, 0, 4), box_put(to, track->sample_count, 4);
    for (size_t i = 0; i < track->sample_count; i++)
        box_put(to, track->samples[i].bytes, 4);
    box_end(to, part);
    part = box_begin_full(to, track->run_count ? "co64" : "stco", 0, 0);
    box_put(to, track->run_count, 4);
    for (size_t i = 0; i < track->run_count; i++)
        box_put(to, data_at + track->runs[i].offset, 8);
    box_end(to, part);
    box_end(to, at);
}

void box_media(struct buffer *to, const struct mp4_track *track, uint64_t data_at) {
    size_t at = box_begin(to, "mdia"), part = box_begin_full(to, "mdhd", 1, 0), info;
    box_put(to, 0, 8), box_put(to, 0, 8);
    box_put(to, track->scale, 4), box_put(to, box_ticks(track), 8);
    box_put(to, 0x55c4, 2), box_put(to, 0, 2);
    box_end(to, part);
    part = box_begin_full(to, "hdlr", 0, 0);
    box_put(to, 0, 4), buffer_add(to, track->width ? "vide" : "soun", 4), box_zeros(to, 12), box_put(to, 0, 1);
    box_end(to, part);
    info = box_begin(to, "minf");
    part = track->width ? box_begin_full(to, "vmhd", 0, 1) : box_begin_full(to, "smhd", 0, 0);
    box_zeros(to, track->width ? 8 : 4);
    box_end(to, part);
    part = box_begin(to, "dinf");
    size_t refs = box_begin_full(to, "dref", 0, 0);
    box_put(to, 1, 4);
    box_end(to, box_begin_full(to, "url ", 0, 1));
    box_end(to, refs);
    box_end(to, part);
    sample_tables(to, track, data_at);
    box_end(to, info);
    box_end(to, at);
}
