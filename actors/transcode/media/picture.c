#include "actors/transcode/media/jpeg.h"
#include "actors/transcode/media/result.h"
#include "actors/transcode/media/still.h"
#include "actors/transcode/media/verbs.h"
#include <libswscale/swscale.h>
#include <math.h>

enum { QUALITY = 3 };

/* The part of the picture that is shown, before it is turned. */
struct part {
    int x, y, width, height;
};

static struct part shown(const AVFrame *picture, int square) {
    struct part part = {.width = picture->width, .height = picture->height};
    if (!square)
        return part;
    int side = part.width < part.height ? part.width : part.height;
    return (struct part){(part.width - side) / 2, (part.height - side) / 2, side, side};
}

static AVFrame *blank(int width, int height) {
    AVFrame *frame = result_need(av_frame_alloc());
    frame->format = AV_PIX_FMT_YUVJ420P;
    frame->width = width;
    frame->height = height;
    frame->color_range = AVCOL_RANGE_JPEG;
    if (av_frame_get_buffer(frame, 0) < 0)
        result_fail_av(AVERROR(ENOMEM), "");
    return frame;
}

/* JPEG is BT.601 and full range. */
static AVFrame *scaled(const AVFrame *picture, struct part part, int width, int height) {
    AVFrame *to = blank(width, height);
    const uint8_t *from[4] = {picture->data[0] + (ptrdiff_t)part.y * picture->linesize[0] + (ptrdiff_t)part.x * 4};
    struct SwsContext *scaler = result_need(
        sws_getContext(part.width, part.height, AV_PIX_FMT_RGB0, width, height, AV_PIX_FMT_YUVJ420P,
                       SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INP, NULL, NULL, NULL));
    const int *table = sws_getCoefficients(SWS_CS_ITU601);
    sws_setColorspaceDetails(scaler, table, 1, table, 1, 0, 1 << 16, 1 << 16);
    sws_scale(scaler, from, picture->linesize, 0, part.height, to->data, to->linesize);
    sws_freeContext(scaler);
    return to;
}

/* The place of the turned picture's pixel (x, y) in the picture of width w and height h. */
static size_t place(int orientation, int x, int y, int w, int h, int line) {
    int u = orientation >= 5 ? y : x, v = orientation >= 5 ? x : y;
    int right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    int below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    return (size_t)(below ? h - 1 - v : v) * (size_t)line + (size_t)(right ? w - 1 - u : u);
}

static AVFrame *turned(AVFrame *picture, int orientation) {
    if (orientation == 1)
        return picture;
    int side = orientation >= 5;
    AVFrame *to = blank(side ? picture->height : picture->width, side ? picture->width : picture->height);
    for (int plane = 0; plane < 3; plane++) {
        int half = plane > 0, w = (picture->width + half) >> half, h = (picture->height + half) >> half;
        for (int y = 0; y < (side ? w : h); y++)
            for (int x = 0; x < (side ? h : w); x++)
                to->data[plane][(ptrdiff_t)y * to->linesize[plane] + x] =
                    picture->data[plane][place(orientation, x, y, w, h, picture->linesize[plane])];
    }
    av_frame_free(&picture);
    return to;
}

static int fitted(int side, int longer, int most) {
    int to = longer <= most ? side : (int)lround((double)side * most / longer);
    return to < 1 ? 1 : to;
}

void verb_picture(const struct job *job) {
    int orientation;
    result_about("picture");
    AVFrame *picture = still_read(&orientation);
    struct part part = shown(picture, job->square);
    int longer = part.width > part.height ? part.width : part.height;
    for (int i = 0; i < job->size_count; i++) {
        int width = fitted(part.width, longer, job->sizes[i]), height = fitted(part.height, longer, job->sizes[i]);
        AVFrame *made = turned(scaled(picture, part, width, height), orientation);
        jpeg_send(made, QUALITY, (struct media_frame){.kind = MEDIA_PICTURE, .index = (uint32_t)i},
                  "The picture could not be written.");
        av_frame_free(&made);
    }
    av_frame_free(&picture);
}
