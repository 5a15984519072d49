#ifndef ZOE_MEDIA_TS_H
#define ZOE_MEDIA_TS_H

/* One segment as MPEG transport stream. Every PID carries a multiple of 16 packets with payload, so each segment begins
 * with continuity counter 0 and ends with 15: segments made by different processes follow one another without a break.
 */

#include <stddef.h>
#include <stdint.h>

struct ts_picture {
    uint8_t *data; /* Annex B access unit */
    size_t bytes;
    int64_t pts_90k;
    int64_t dts_90k;
    int key;
};

struct ts_sound {
    const uint8_t *data; /* raw AAC-LC, 48 kHz */
    size_t bytes;
    int64_t pts_90k;
};

struct ts_segment {
    const struct ts_picture *pictures; /* in the order of decoding; none: a segment of sound alone */
    size_t picture_count;
    const struct ts_sound *sounds;
    size_t sound_count;
    int has_sound; /* the film has sound, though perhaps not in this segment */
    int channels;  /* 2 or 6 */
};

/* Where in the segment the packets of a key picture lie. */
struct ts_key {
    size_t offset;
    size_t bytes;
};

/* The segment's bytes, to be freed with free(), or NULL when out of memory. `keys` has room for every key picture of
 * the segment, or is NULL. */
uint8_t *ts_write(const struct ts_segment *segment, size_t *bytes, struct ts_key *keys);

#endif
