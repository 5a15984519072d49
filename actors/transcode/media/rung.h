#ifndef ZOE_MEDIA_RUNG_H
#define ZOE_MEDIA_RUNG_H

/* One rung of the ladder: a thread that takes pictures, passes them on smaller to the rung below, and encodes its own.
 */

#include "actors/transcode/media/job.h"
#include "actors/transcode/media/sound.h"
#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>
#include <pthread.h>

#define RUNG_QUEUE 6

struct rung_item {
    AVFrame *picture; /* NULL: the film ends here */
    int64_t frame;    /* of the output grid */
    int same;         /* the picture of the frame before */
};

struct rung {
    const struct job *job;
    struct sound *sound; /* shared by all rungs; NULL: a film without sound */
    int number;
    struct rung *below; /* or NULL */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    pthread_cond_t emptied;
    struct rung_item queue[RUNG_QUEUE];
    unsigned head;
    unsigned waiting;
    struct SwsContext *scaler;
    AVBufferPool *pool;
    AVFrame *smaller; /* the last picture passed below */
    AVCodecContext *encoder;
    AVPacket *packet;
    int64_t segment;
    int64_t segment_first; /* output frame */
    int64_t segment_end;   /* frame after the last one given */
    struct ts_picture *pictures;
    size_t picture_count;
    size_t picture_room;
};

void rung_start(struct rung *rung, const struct job *job, int number, struct rung *below, struct sound *sound);

/* Hands over a reference to the picture; waits while the rung is behind. NULL ends the rung once its segment is
 * finished. */
void rung_give_take(struct rung *rung, AVFrame *picture, int64_t frame, int same);

/* Waits for the end of the rung and frees it. */
void rung_finish(struct rung *rung);

#endif
