#ifndef ZOE_MEDIA_STITCH_H
#define ZOE_MEDIA_STITCH_H

/* One timeline for streams whose clock jumps: recordings joined end to end, a sender that began anew. Time goes on
 * where it ended before the jump. What a packet gets depends on the packets before it, so such a film is always read
 * from its start, with the same streams. */

#include <libavformat/avformat.h>

#define STITCH_STREAMS 100

struct stitch_place {
    int64_t shift_us; /* from the container's time to the timeline */
    int64_t dts_us;   /* of the last packet, in the container's time */
    int part;         /* 0 before the first jump */
};

struct stitch {
    int jumps;        /* so far: the number of the latest part */
    int64_t shift_us; /* of that part, and where it began in the container's time */
    int64_t began_us;
    int64_t latest_us; /* end of what is on the timeline */
    int64_t packets;
    struct {
        int64_t packets;
        struct stitch_place now;
        struct stitch_place before; /* a packet ago */
    } streams[STITCH_STREAMS];
};

/* Moves a packet of this stream to the timeline. */
void stitch_move(struct stitch *stitch, const AVStream *stream, AVPacket *packet);

#endif
