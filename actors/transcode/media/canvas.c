#include "actors/transcode/media/canvas.h"
#include "actors/transcode/media/result.h"
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/display.h>
#include <libavutil/pixdesc.h>
#include <math.h>

void canvas_turn(const AVStream *stream, int *turn, int *mirror) {
    size_t bytes = 0;
    const int32_t *matrix = (const int32_t *)av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &bytes);
    *turn = *mirror = 0;
    if (!matrix || bytes < 9 * sizeof *matrix)
        return;
    int32_t upright[9];
    memcpy(upright, matrix, sizeof upright);
    /* A negative determinant is a mirror; taken out, what is left is a rotation. */
    *mirror = (double)upright[0] * upright[4] - (double)upright[1] * upright[3] < 0;
    if (*mirror)
        av_display_matrix_flip(upright, 1, 0);
    double degrees = -av_display_rotation_get(upright);
    if (isfinite(degrees))
        *turn = (int)(((long)lround(degrees / 90) * 90 % 360 + 360) % 360);
}

void canvas_shape(int width, int height, AVRational sar, int turn, double *shown_width, double *shown_height) {
    double stretch = sar.num > 0 && sar.den > 0 ? av_q2d(sar) : 1;
    if (stretch < 0.1 || stretch > 10)
        stretch = 1;
    /* The longer side grows, nothing is thrown away. */
    double w = stretch >= 1 ? width * stretch : width, h = stretch >= 1 ? height : height / stretch;
    *shown_width = turn % 180 ? h : w;
    *shown_height = turn % 180 ? w : h;
}

int canvas_is_hdr(const AVFrame *frame) {
    return frame->color_trc == AVCOL_TRC_SMPTE2084 || frame->color_trc == AVCOL_TRC_ARIB_STD_B67;
}

static const char *matrix_of(const AVFrame *frame) {
    switch (frame->colorspace) {
    case AVCOL_SPC_BT709:
        return "bt709";
    case AVCOL_SPC_FCC:
        return "fcc";
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
        return "bt601";
    case AVCOL_SPC_SMPTE240M:
        return "smpte240m";
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
        return "bt2020";
    default:
        /* Nothing said: as players do, small pictures are of the old kind. */
        return frame->width >= 1280 || frame->height >= 720 ? "bt709" : "bt601";
    }
}

static int full_range(const AVFrame *frame) {
    return frame->color_range == AVCOL_RANGE_JPEG || frame->format == AV_PIX_FMT_YUVJ420P ||
           frame->format == AV_PIX_FMT_YUVJ422P || frame->format == AV_PIX_FMT_YUVJ444P ||
           frame->format == AV_PIX_FMT_YUVJ440P;
}

static int even(double value, int most) {
    int side = (int)lround(value / 2) * 2;
    return side < 2 ? 2 : side > most ? most : side;
}

/* The filters that turn pictures like this one into the canvas. */
static void describe(const struct canvas *c, const AVFrame *like, char *text, size_t bytes) {
    double w, h;
    canvas_shape(like->width, like->height, like->sample_aspect_ratio, c->turn, &w, &h);
    int inner_w = c->width, inner_h = c->height;
    double off = w / h / ((double)c->width / c->height);
    /* Another shape in the middle of a film gets borders; rounding to even sides does not. */
    if (off > 1.04 && c->width >= 16 && c->height >= 16)
        inner_h = even(c->width * h / w, c->height);
    else if (off < 0.96 && c->width >= 16 && c->height >= 16)
        inner_w = even(c->height * w / h, c->width);
    int side = c->turn % 180 != 0;
    int used = snprintf(text, bytes, "scale=%d:%d:flags=bicubic+bitexact+accurate_rnd", side ? inner_h : inner_w,
                        side ? inner_w : inner_h);
    const char *matrix = matrix_of(like), *range = full_range(like) ? "pc" : "tv";
    if (canvas_is_hdr(like))
        used += snprintf(text + used, bytes - (size_t)used,
                         ":in_range=%s:out_range=tv:in_color_matrix=bt2020:out_color_matrix=bt2020,format=yuv420p10le,"
                         "zscale=tin=%s:pin=2020:min=2020_ncl:rin=tv:t=linear:npl=100,format=gbrpf32le,zscale=p=709,"
                         "tonemap=hable:desat=0,zscale=t=709:m=709:r=tv,format=yuv420p",
                         range, like->color_trc == AVCOL_TRC_SMPTE2084 ? "smpte2084" : "arib-std-b67");
    else
        used += snprintf(text + used, bytes - (size_t)used,
                         ":in_range=%s:out_range=tv:in_color_matrix=%s:out_color_matrix=bt709,format=yuv420p", range,
                         matrix);
    if (c->turn)
        used += snprintf(text + used, bytes - (size_t)used, "%s",
                         c->turn == 90    ? ",transpose=clock"
                         : c->turn == 180 ? ",hflip,vflip"
                                          : ",transpose=cclock");
    if (c->mirror)
        used += snprintf(text + used, bytes - (size_t)used, ",hflip");
    if (inner_w != c->width || inner_h != c->height)
        snprintf(text + used, bytes - (size_t)used, ",pad=%d:%d:(ow-iw)/2:(oh-ih)/2", c->width, c->height);
}

static void build(struct canvas *c, const AVFrame *like) {
    char text[800], source[200];
    avfilter_graph_free(&c->graph);
    c->graph = result_need(avfilter_graph_alloc());
    c->graph->nb_threads = 1;
    describe(c, like, text, sizeof text);
    snprintf(source, sizeof source, "video_size=%dx%d:pix_fmt=%d:time_base=1/1000000:pixel_aspect=1/1", like->width,
             like->height, like->format);
    AVFilterInOut *inputs = result_need(avfilter_inout_alloc()), *outputs = result_need(avfilter_inout_alloc());
    int error = avfilter_graph_create_filter(&c->in, avfilter_get_by_name("buffer"), "in", source, NULL, c->graph);
    if (error >= 0)
        error = avfilter_graph_create_filter(&c->out, avfilter_get_by_name("buffersink"), "out", NULL, NULL, c->graph);
    if (error >= 0) {
        *outputs = (AVFilterInOut){.name = av_strdup("in"), .filter_ctx = c->in};
        *inputs = (AVFilterInOut){.name = av_strdup("out"), .filter_ctx = c->out};
        error = avfilter_graph_parse_ptr(c->graph, text, &inputs, &outputs, NULL);
    }
    if (error >= 0)
        error = avfilter_graph_config(c->graph, NULL);
    avfilter_inout_free(&inputs);
    avfilter_inout_free(&outputs);
    if (error < 0)
        result_fail_av(error, "The pictures of the video are of a kind we cannot show.");
    av_frame_unref(c->like);
    if (av_frame_copy_props(c->like, like) < 0)
        result_fail_av(AVERROR(ENOMEM), "");
    c->like->width = like->width;
    c->like->height = like->height;
    c->like->format = like->format;
}

static int alike(const AVFrame *a, const AVFrame *b) {
    return a->width == b->width && a->height == b->height && a->format == b->format && a->colorspace == b->colorspace &&
           a->color_range == b->color_range && a->color_trc == b->color_trc &&
           a->sample_aspect_ratio.num == b->sample_aspect_ratio.num &&
           a->sample_aspect_ratio.den == b->sample_aspect_ratio.den;
}

/* Nothing to do: the right size, upright, and already what we make. */
static int finished(const struct canvas *c, const AVFrame *frame) {
    return !c->turn && !c->mirror && frame->width == c->width && frame->height == c->height &&
           frame->format == AV_PIX_FMT_YUV420P && !full_range(frame) && !canvas_is_hdr(frame) &&
           !strcmp(matrix_of(frame), "bt709");
}

void canvas_open(struct canvas *c, const AVStream *stream, int width, int height) {
    *c = (struct canvas){.width = width, .height = height, .like = result_need(av_frame_alloc())};
    canvas_turn(stream, &c->turn, &c->mirror);
}

void canvas_close(struct canvas *c) {
    avfilter_graph_free(&c->graph);
    av_frame_free(&c->like);
}

void canvas_draw(struct canvas *c, const AVFrame *from, AVFrame *to) {
    int error = 0;
    if (finished(c, from)) {
        error = av_frame_ref(to, from);
    } else {
        if (!c->graph || !alike(c->like, from))
            build(c, from);
        AVFrame *turn = result_need(av_frame_clone(from));
        /* Square pixels and no interlacing from here on: the shape is in the numbers given to scale. */
        turn->sample_aspect_ratio = (AVRational){1, 1};
        turn->interlaced_frame = 0;
        error = av_buffersrc_add_frame(c->in, turn);
        av_frame_free(&turn);
        if (error >= 0)
            error = av_buffersink_get_frame(c->out, to);
    }
    if (error < 0)
        result_fail_av(error, "The pictures of the video are of a kind we cannot show.");
    for (int i = to->nb_side_data - 1; i >= 0; i--)
        av_frame_remove_side_data(to, to->side_data[i]->type);
    to->colorspace = AVCOL_SPC_BT709;
    to->color_primaries = AVCOL_PRI_BT709;
    to->color_trc = AVCOL_TRC_BT709;
    to->color_range = AVCOL_RANGE_MPEG;
    to->chroma_location = AVCHROMA_LOC_LEFT;
    to->sample_aspect_ratio = (AVRational){1, 1};
    to->interlaced_frame = 0;
}
