#ifndef ZOE_MEDIA_PICTURES_H
#define ZOE_MEDIA_PICTURES_H

/* The film as pictures on the output grid: which picture is seen at frame n. */

#include "actors/transcode/media/job.h"
#include "actors/transcode/media/source.h"
#include <libavfilter/avfilter.h>

struct pictures {
    const struct job_film *film;
    struct source source;
    AVStream *stream;
    AVStream *audio; /* read only to learn where the film really ends, else NULL */
    AVCodecContext *decoder;
    AVPacket *packet;
    AVFrame *decoded;
    AVFilterGraph *weave; /* deinterlacer, or NULL */
    AVFilterContext *weave_in;
    AVFilterContext *weave_out;
    AVFrame *now;  /* what is seen, pts in us of the container */
    AVFrame *next; /* what follows */
    int has_now;
    int has_next;
    int at_end;      /* nothing follows `next` */
    int flushing;    /* the demuxer is done */
    int from_start;  /* decoding began with the film's first packet */
    int64_t last_us; /* of the last decoded picture */
    int64_t end_us;  /* the latest end of a packet seen */
};

/* Opens the film and stands before frame `first`. Ends the process when it cannot be decoded. */
void pictures_open(struct pictures *pictures, const struct job_film *film, int64_t first);
void pictures_close(struct pictures *pictures);

/* The picture of output frame n, for n growing. Borrowed, until the next call. *same tells that it is the one returned
 * before. NULL when the film ends before frame n; then pictures_frames() says how many frames it has. */
const AVFrame *pictures_show(struct pictures *pictures, int64_t frame, int *same);
int64_t pictures_frames(const struct pictures *pictures);

/* The first key picture that can be decoded near this time, for posters; NULL when there is none. Borrowed. */
const AVFrame *pictures_near(struct pictures *pictures, int64_t us);

#endif
