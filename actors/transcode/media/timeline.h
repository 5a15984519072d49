#ifndef ZOE_MEDIA_TIMELINE_H
#define ZOE_MEDIA_TIMELINE_H

/* The output grid: frame n is shown at n * fps_den / fps_num seconds. */

#include "actors/transcode/media/job.h"
#include <libavutil/rational.h>

int timeline_rate_is_sane(AVRational rate);

/* The grid for a film of this average and this base rate (either may be 0/0): the source's own rate where it is sane,
 * halved until it is at most 60, repeated until it is at least 8 so that half a picture is never long. */
AVRational timeline_rate(AVRational average, AVRational base);

/* The frame nearest to a time. */
int64_t timeline_nearest(int64_t us, AVRational rate);

/* Frames of the grid in a length; at least 1. */
int64_t timeline_frames(int64_t duration_us, AVRational rate);

/* The output frame from which a picture of this container time is shown. Pictures are matched to the nearest frame,
 * counted from the film's first picture, so that rounded time stamps never fall on an edge. */
int64_t timeline_slot(const struct job_film *film, int64_t us);

/* The container time an output frame stands for. */
int64_t timeline_us(const struct job_film *film, int64_t frame);

/* PTS of an output frame, 90 kHz, without the offset. */
int64_t timeline_pts(const struct job_film *film, int64_t frame);

static inline int64_t timeline_segment_frames(const struct job_film *film) {
    return media_segment_frames(film->fps_num, film->fps_den);
}

static inline int64_t timeline_segments(const struct job_film *film) {
    return media_segment_count(film->frames, film->fps_num, film->fps_den);
}

#endif
