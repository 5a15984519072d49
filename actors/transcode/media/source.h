#ifndef ZOE_MEDIA_SOURCE_H
#define ZOE_MEDIA_SOURCE_H

/* The film behind descriptor 3, opened by libavformat through a reader of our own. */

#include "actors/transcode/media/stitch.h"
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

struct source {
    AVFormatContext *format;
    AVIOContext *io;
    int64_t position;
    int64_t bytes;
    int read_error;        /* errno of a disk that could not be read, else 0 */
    struct stitch *stitch; /* NULL: time stamps are taken as they are */
};

/* Ends the process with a sentence when this is not a film. */
void source_open(struct source *source);
/* The same for a file of subtitles, which may be SubRip, WebVTT or SubStation. */
void source_open_text(struct source *source);
void source_close(struct source *source);

/* The stream to show or to hear, or NULL. Cover art is not video; streams nobody here can decode come last. */
AVStream *source_best_video(struct source *source);
AVStream *source_best_audio(struct source *source);

/* The stream of this number when it is of this kind; else the process ends: the film is not the one that was probed. */
AVStream *source_stream(struct source *source, int number, enum AVMediaType type);

/* Demuxes only these; either may be NULL. */
void source_use(struct source *source, const AVStream *video, const AVStream *audio);

/* Whether the clock of a film in this container may jump. */
int source_may_jump(const struct source *source);
/* Stitches what source_read() gives, from the start of the film and after source_use(), see stitch.h. Packets of these
 * two streams come as well, -1: none; all verbs name the film's own, so that all come to the same times. */
void source_stitch(struct source *source, int video, int audio);

/* 1 with a packet, 0 at the end. A damaged end is an end. */
int source_read(struct source *source, AVPacket *packet);

/* A decoder on one thread, so that the same bytes give the same pictures everywhere; NULL when there is none or it
 * refuses. */
AVCodecContext *source_decoder(const AVStream *stream);

/* Presentation time in us of a time stamp of this stream, or AV_NOPTS_VALUE when it cannot be true. */
int64_t source_us(const AVStream *stream, int64_t pts);

#endif
