#ifndef ZOE_TRANSCODE_CMAF_H
#define ZOE_TRANSCODE_CMAF_H

/* Fragmented MP4 as CMAF has it (ISO/IEC 23000-19): one track a file, an init segment and fragments. Pure. */

#include "actors/transcode/mp4.h"

/* Appends the init segment of a track; of the track only what describes it counts. */
void cmaf_init(const struct mp4_track *track, struct buffer *to);

/* Appends what a segment begins with. */
void cmaf_segment(struct buffer *to);

struct cmaf_fragment {
    uint32_t number;                  /* grows from one fragment to the next */
    uint64_t begins;                  /* decoding time of the first sample, in the track's time scale */
    const struct mp4_sample *samples; /* all of them keys, or none */
    size_t count;
};

/* Appends the head of a fragment. Its samples' bytes follow. */
void cmaf_fragment(const struct cmaf_fragment *fragment, struct buffer *to);

/* A sample as it was found. */
struct cmaf_unit {
    int64_t begins, shown; /* decoding and presentation, in the track's time scale */
    bool key;
    const uint8_t *data; /* within the segment; pictures with lengths before their units */
    size_t bytes;
};

/* Takes a segment apart again: calls `take` for every sample in its order; it returns non-zero to stop. Whatever the
 * bytes are, nothing is read outside of them. 0, or -1. */
int cmaf_read(const uint8_t *segment, size_t bytes, int (*take)(void *self, const struct cmaf_unit *unit), void *self);

/* The parameter sets of an init segment, within its bytes. 0, or -1 when there are none. */
int cmaf_sets(const uint8_t *init, size_t bytes, struct mp4_sets *sets);

#endif
