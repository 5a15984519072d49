#include "actors/transcode/cmaf.h"
#include "actors/transcode/boxes.h"

#define BASE_IS_MOOF 0x20000u
#define HAS_DURATION 0x8u
#define HAS_FLAGS    0x20u

#define RUN_OFFSET   0x1u
#define RUN_DURATION 0x100u
#define RUN_BYTES    0x200u
#define RUN_SHIFT    0x800u

/* Needs no other sample; needs others and is no place to begin at. */
#define KEY   0x02000000u
#define OTHER 0x01010000u

void cmaf_init(const struct mp4_track *track, struct buffer *to) {
    struct mp4_track empty = *track;
    empty.sample_count = empty.run_count = 0;
    box_file_type(to, "iso6", "iso6cmfcdashmp41");
    size_t at = box_begin(to, "moov"), part;
    box_movie_header(to, 0, 2);
    part = box_begin(to, "trak");
    box_track_header(to, &empty, 1, 0);
    box_media(to, &empty, 0);
    box_end(to, part);
    part = box_begin(to, "mvex");
    size_t defaults = box_begin_full(to, "trex", 0, 0);
    box_put(to, 1, 4), box_put(to, 1, 4), box_zeros(to, 12);
    box_end(to, defaults);
    box_end(to, part);
    box_end(to, at);
}

void cmaf_segment(struct buffer *to) {
    size_t at = box_begin(to, "styp");
    buffer_add(to, "msdh", 4), box_put(to, 0, 4), buffer_add(to, "msdhcmfs", 8);
    box_end(to, at);
}

static unsigned run_flags(const struct cmaf_fragment *is) {
    unsigned flags = RUN_OFFSET | RUN_BYTES;
    for (size_t i = 0; i < is->count; i++) {
        if (is->samples[i].duration != is->samples[0].duration)
            flags |= RUN_DURATION;
        if (is->samples[i].shift)
            flags |= RUN_SHIFT;
    }
    return flags;
}

/* Returns where the offset of the data is to be written. */
static size_t run(const struct cmaf_fragment *is, struct buffer *to) {
    unsigned flags = run_flags(is);
    size_t at = box_begin_full(to, "trun", 1, flags), offset_at;
    box_put(to, is->count, 4);
    offset_at = to->n;
    box_put(to, 0, 4);
    for (size_t i = 0; i < is->count; i++) {
        if (flags & RUN_DURATION)
            box_put(to, is->samples[i].duration, 4);
        box_put(to, is->samples[i].bytes, 4);
        if (flags & RUN_SHIFT)
            box_put(to, (uint32_t)is->samples[i].shift, 4);
    }
    box_end(to, at);
    return offset_at;
}

void cmaf_fragment(const struct cmaf_fragment *is, struct buffer *to) {
    uint64_t bytes = 8;
    size_t began = box_begin(to, "moof"), at = box_begin_full(to, "mfhd", 0, 0), part;
    box_put(to, is->number, 4);
    box_end(to, at);
    at = box_begin(to, "traf");
    part = box_begin_full(to, "tfhd", 0, BASE_IS_MOOF | HAS_DURATION | HAS_FLAGS);
    box_put(to, 1, 4);
    box_put(to, is->samples[0].duration, 4);
    box_put(to, is->samples[0].key ? KEY : OTHER, 4);
    box_end(to, part);
    part = box_begin_full(to, "tfdt", 1, 0);
    box_put(to, is->begins, 8);
    box_end(to, part);
    size_t offset_at = run(is, to);
    box_end(to, at);
    box_end(to, began);
    box_patch(to, offset_at, to->n - began + 8);
    for (size_t i = 0; i < is->count; i++)
        bytes += is->samples[i].bytes;
    box_put(to, bytes, 4), buffer_add(to, "mdat", 4);
}
