#ifndef ZOE_MEDIA_CANVAS_H
#define ZOE_MEDIA_CANVAS_H

/* From a decoded picture to what is shown: upright, square pixels, 8-bit 4:2:0 BT.709, of one fixed size. */

#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>

struct canvas {
    int width;
    int height;
    int turn;   /* clockwise degrees: 0, 90, 180, 270 */
    int mirror; /* left and right exchanged after turning */
    AVFilterGraph *graph;
    AVFilterContext *in;
    AVFilterContext *out;
    AVFrame *like; /* properties the graph was built for */
};

/* How this stream must be turned. */
void canvas_turn(const AVStream *stream, int *turn, int *mirror);

/* The shape of a picture as displayed, before rounding; numbers that make no sense count as square pixels. */
void canvas_shape(int width, int height, AVRational sar, int turn, double *shown_width, double *shown_height);

int canvas_is_hdr(const AVFrame *frame);

void canvas_open(struct canvas *canvas, const AVStream *stream, int width, int height);
void canvas_close(struct canvas *canvas);

/* Draws `from` into `to`, which must be blank. Ends the process when it cannot be done. */
void canvas_draw(struct canvas *canvas, const AVFrame *from, AVFrame *to);

#endif
