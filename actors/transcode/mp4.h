#ifndef ZOE_TRANSCODE_MP4_H
#define ZOE_TRANSCODE_MP4_H

/* The ISO base media file format (ISO/IEC 14496-12, -14, -15): a whole film with its tables in front. Pure. */

#include "protocol/wire/buffer.h"
#include <stdint.h>

#define MP4_UNIT_ROOM(bytes) ((bytes) + (bytes) / 3 + 8)

struct mp4_sample {
    uint32_t bytes;
    uint32_t duration; /* in the track's time scale */
    int32_t shift;     /* presentation after decoding */
    uint32_t key;
};

/* Samples that lie one after the other in the file. */
struct mp4_run {
    uint64_t offset; /* in the data */
    uint32_t count;
};

struct mp4_track {
    uint32_t scale; /* ticks a second */
    uint32_t width; /* 0: sound */
    uint32_t height;
    uint32_t channels;
    const uint8_t *sps, *pps; /* without start codes */
    size_t sps_bytes, pps_bytes;
    const struct mp4_sample *samples;
    size_t sample_count;
    const struct mp4_run *runs;
    size_t run_count;
    int64_t skip; /* ticks before the first presentation, taken off by an edit */
};

/* Appends everything before the data of a whole film: ftyp, moov and the head of mdat. `data_bytes` follow. */
void mp4_movie(const struct mp4_track *tracks, size_t count, uint64_t data_bytes, struct buffer *to);

/* Parameter sets, without start codes, within the access unit they were found in. */
struct mp4_sets {
    const uint8_t *sps, *pps;
    size_t sps_bytes, pps_bytes;
};

/* Turns an Annex B access unit into one with lengths, which needs MP4_UNIT_ROOM(bytes). Delimiters and parameter sets
 * are left out; the first of each go to `sets`, which may be NULL. Returns the bytes written. */
size_t mp4_unit(const uint8_t *from, size_t bytes, uint8_t *to, struct mp4_sets *sets);

#endif
