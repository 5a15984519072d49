#ifndef ZOE_TRANSCODE_BOXES_H
#define ZOE_TRANSCODE_BOXES_H

/* The boxes that whole films and fragments have in common (ISO/IEC 14496-12). All append to `to`, whose `failed` tells
 * in the end. Pure. */

#include "actors/transcode/mp4.h"

/* Ticks a second of a film's head. */
#define BOX_MOVIE_SCALE 1000

/* A number of so many bytes, the highest first. */
void box_put(struct buffer *to, uint64_t value, int bytes);
void box_zeros(struct buffer *to, size_t n);

/* Begins a box; box_end() with what it returns sets its size. */
size_t box_begin(struct buffer *to, const char *type);
size_t box_begin_full(struct buffer *to, const char *type, unsigned version, unsigned flags);
void box_end(struct buffer *to, size_t at);
/* Writes four bytes over those at `at`. */
void box_patch(struct buffer *to, size_t at, uint64_t value);

void box_file_type(struct buffer *to, const char *major, const char *brands);
void box_movie_header(struct buffer *to, uint64_t ticks, uint32_t next_track);
void box_track_header(struct buffer *to, const struct mp4_track *track, uint32_t number, uint64_t ticks);
/* What the track is and where its samples lie; the data begins at `data_at`. */
void box_media(struct buffer *to, const struct mp4_track *track, uint64_t data_at);

/* The track's length in its own ticks. */
uint64_t box_ticks(const struct mp4_track *track);

#endif
