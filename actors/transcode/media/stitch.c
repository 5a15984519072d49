#include "actors/transcode/media/stitch.h"
#include "actors/transcode/media/source.h"
#include <stdlib.h>

/* DTS only grow: a clock that goes back has jumped. Forward it may be a pause, up to here. */
#define BACK_US    100000
#define FORWARD_US 60000000
/* Packets of one stream, and streams at the start of a part, are this near to one another. */
#define CLOSE_US    1000000
#define TOGETHER_US 10000000

static int follows(int64_t us, int64_t last_us, int64_t within_us) {
    return us >= last_us - BACK_US && us <= last_us + within_us;
}

/* Where a packet belongs that does not go on where its stream was: to a part that another stream has found, or to a new
 * one. */
static void jump(struct stitch *s, struct stitch_place *place, int64_t dts_us, int64_t pts_us) {
    if (place->part == s->jumps || llabs(dts_us - s->began_us) > TOGETHER_US) {
        s->jumps++;
        s->began_us = dts_us;
        s->shift_us = s->latest_us - pts_us;
    }
    place->part = s->jumps;
    place->shift_us = s->shift_us;
}

static int64_t moved(const AVStream *stream, int64_t stamp, int64_t us) {
    return stamp == AV_NOPTS_VALUE ? stamp : stamp + av_rescale_q(us, AV_TIME_BASE_Q, stream->time_base);
}

void stitch_move(struct stitch *s, const AVStream *stream, AVPacket *packet) {
    int64_t pts_us = source_us(stream, packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts);
    int64_t dts_us = source_us(stream, packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts);
    int64_t length_us = source_us(stream, packet->duration);
    if (stream->index >= STITCH_STREAMS || pts_us == AV_NOPTS_VALUE || dts_us == AV_NOPTS_VALUE)
        return;
    struct stitch_place *now = &s->streams[stream->index].now, *before = &s->streams[stream->index].before;
    int64_t seen = s->streams[stream->index].packets++;
    if (seen > 1 && !follows(dts_us, now->dts_us, CLOSE_US) && follows(dts_us, before->dts_us, TOGETHER_US)) {
        /* It was the packet before this one whose time was wrong. */
        *now = *before;
    } else {
        *before = *now;
        int64_t far_us = dts_us - now->dts_us;
        if (seen ? far_us < -BACK_US || (far_us > FORWARD_US && dts_us + now->shift_us > s->latest_us + FORWARD_US)
                 : s->jumps > 0 && llabs(dts_us - s->began_us) < TOGETHER_US)
            jump(s, now, dts_us, pts_us);
    }
    now->dts_us = dts_us;
    packet->pts = moved(stream, packet->pts, now->shift_us);
    packet->dts = moved(stream, packet->dts, now->shift_us);
    int64_t end_us = pts_us + now->shift_us + (length_us > 0 && length_us < TOGETHER_US ? length_us : 0);
    if (s->packets++ == 0 || end_us > s->latest_us)
        s->latest_us = end_us;
}
