#ifndef ZOE_MEDIA_FRAGMENTS_H
#define ZOE_MEDIA_FRAGMENTS_H

/* Segments as fragmented MP4 (CMAF), of pictures or of sound. Times are those of the transport streams, on the grid of
 * the whole film, so a segment follows the one before it, whoever made that. */

#include "actors/transcode/media/job.h"
#include "actors/transcode/media/ts.h"

#define FRAGMENTS_VIDEO_SCALE 90000

/* The pictures of a segment in the order of decoding; the first one shown is the film's `first`, and the next segment's
 * first is decoded at `next_90k`. Every key picture is a fragment of its own, so that it can be had alone; `keys` has
 * room for all of them. The bytes are to be freed with free(). Ends the process when memory is out. */
uint8_t *fragments_of_pictures(int64_t first, const struct ts_picture *pictures, size_t count, int64_t next_90k,
                               size_t *bytes, struct ts_key *keys);

/* One fragment of sound; `number` is the segment's. */
uint8_t *fragments_of_sound(const struct ts_sound *sounds, size_t count, int64_t number, size_t *bytes);

/* Sends the init segment: of a rung whose pictures begin with this one, and of sound. */
void fragments_send_rung(const struct job *job, int rung, const struct ts_picture *picture);
void fragments_send_sound(int channels);

#endif
