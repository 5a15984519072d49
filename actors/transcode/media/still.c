#include "actors/transcode/media/still.h"
#include "actors/transcode/media/form.h"
#include "actors/transcode/media/media.h"
#include "actors/transcode/media/result.h"
#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <unistd.h>

/* One decoder for each form, fed directly: but for AVIF no demuxer is involved. */
static const struct {
    enum form_kind kind;
    const char *name, *decoder;
} forms[] = {{FORM_JPEG, "JPEG", "mjpeg"},
             {FORM_PNG, "PNG", "png"},
             {FORM_WEBP, "WebP", "webp"},
             {FORM_GIF, "GIF", "gif"},
             {FORM_AVIF, "AVIF", "libdav1d"}};

struct file {
    uint8_t *at;
    int64_t n, position;
};

static struct file read_file(void) {
    struct file file = {.n = lseek(MEDIA_FD_FILM, 0, SEEK_END)};
    if (file.n < 0)
        result_fail(MEDIA_BLAME_HOST, "The picture could not be read.");
    if (file.n == 0)
        result_fail(MEDIA_BLAME_FILM, "The file is empty.");
    if (file.n > MEDIA_PICTURE_MAX_BYTES)
        result_fail(MEDIA_BLAME_FILM, "The file is too large for a picture.");
    file.at = result_need(av_mallocz((size_t)file.n + AV_INPUT_BUFFER_PADDING_SIZE));
    for (int64_t done = 0; done < file.n;) {
        ssize_t got = pread(MEDIA_FD_FILM, file.at + done, (size_t)(file.n - done), done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            result_fail(MEDIA_BLAME_HOST, "The picture could not be read.");
        done += got;
    }
    return file;
}

static _Noreturn void too_many_pixels(void) {
    result_fail(MEDIA_BLAME_FILM, "The picture has more than %d million pixels.", MEDIA_PICTURE_MAX_PIXELS / 1000000);
}

static int64_t pixels(int width, int height) {
    return width > 0 && height > 0 ? (int64_t)width * height : 0;
}

/* Asked before the memory of a picture is taken. */
static int get_buffer(AVCodecContext *decoder, AVFrame *frame, int flags) {
    if (pixels(frame->width, frame->height) > MEDIA_PICTURE_MAX_PIXELS)
        too_many_pixels();
    return avcodec_default_get_buffer2(decoder, frame, flags);
}

static int fill(void *opaque, uint8_t *to, int bytes) {
    struct file *file = opaque;
    int64_t n = file->n - file->position;
    if (n <= 0)
        return AVERROR_EOF;
    n = n < bytes ? n : bytes;
    memcpy(to, file->at + file->position, (size_t)n);
    file->position += n;
    return (int)n;
}

static int64_t move(void *opaque, int64_t offset, int whence) {
    struct file *file = opaque;
    if (whence & AVSEEK_SIZE)
        return file->n;
    whence &= ~AVSEEK_FORCE;
    int64_t base = whence == SEEK_CUR ? file->position : whence == SEEK_END ? file->n : 0, to;
    if (whence < SEEK_SET || whence > SEEK_END || __builtin_add_overflow(base, offset, &to) || to < 0)
        return AVERROR(EINVAL);
    return file->position = to;
}

static int refuse_open(AVFormatContext *format, AVIOContext **io, const char *url, int flags, AVDictionary **options) {
    (void)format, (void)url, (void)flags, (void)options;
    *io = NULL;
    return AVERROR(EPERM);
}

/* The primary item of an AVIF file: its packet, and what the decoder must be told. 0 or -1. */
static int read_avif(struct file *file, AVPacket *packet, AVCodecContext *decoder) {
    uint8_t *buffer = result_need(av_malloc(65536));
    AVFormatContext *format = result_need(avformat_alloc_context());
    AVIOContext *io = result_need(avio_alloc_context(buffer, 65536, 0, file, fill, NULL, move));
    int good = 0;
    format->pb = io;
    format->flags |= AVFMT_FLAG_CUSTOM_IO;
    format->io_open = refuse_open;
    format->format_whitelist = result_need(av_strdup("mov"));
    format->codec_whitelist = result_need(av_strdup("libdav1d"));
    format->protocol_whitelist = result_need(av_strdup("none"));
    if (avformat_open_input(&format, NULL, NULL, NULL) >= 0) {
        while (!good && av_read_frame(format, packet) >= 0) {
            const AVCodecParameters *is = format->streams[packet->stream_index]->codecpar;
            if (pixels(is->width, is->height) > MEDIA_PICTURE_MAX_PIXELS)
                too_many_pixels();
            good = is->codec_id == AV_CODEC_ID_AV1 && !(packet->flags & AV_PKT_FLAG_CORRUPT) &&
                   avcodec_parameters_to_context(decoder, is) >= 0 && av_packet_make_refcounted(packet) >= 0;
            if (!good)
                av_packet_unref(packet);
        }
        avformat_close_input(&format);
    }
    av_freep(&io->buffer);
    avio_context_free(&io);
    return good ? 0 : -1;
}

static AVFrame *decode(struct file *file, const char *name, const char *with) {
    const AVCodec *codec = avcodec_find_decoder_by_name(with);
    if (!codec)
        result_fail(MEDIA_BLAME_FILM, "%s pictures cannot be read on this server.", name);
    AVCodecContext *decoder = result_need(avcodec_alloc_context3(codec));
    AVPacket *packet = result_need(av_packet_alloc());
    AVFrame *frame = result_need(av_frame_alloc());
    int direct = strcmp(with, "libdav1d") != 0;
    decoder->thread_count = 1;
    decoder->flags |= AV_CODEC_FLAG_BITEXACT;
    decoder->err_recognition = AV_EF_EXPLODE | AV_EF_CRCCHECK;
    decoder->max_pixels = direct ? INT32_MAX : MEDIA_PICTURE_MAX_PIXELS;
    decoder->get_buffer2 = get_buffer;
    if (direct) {
        packet->data = file->at;
        packet->size = (int)file->n;
        packet->flags = AV_PKT_FLAG_KEY;
    }
    int error = !direct && read_avif(file, packet, decoder) ? AVERROR_INVALIDDATA : avcodec_open2(decoder, codec, NULL);
    if (error >= 0)
        error = avcodec_send_packet(decoder, packet);
    if (error >= 0)
        error = avcodec_send_packet(decoder, NULL);
    if (error >= 0 || error == AVERROR_EOF)
        error = avcodec_receive_frame(decoder, frame);
    if (error < 0 || frame->width <= 0 || frame->height <= 0) {
        char sentence[120];
        snprintf(sentence, sizeof sentence, "The %s picture is damaged, or of a kind that cannot be read.", name);
        result_fail_av(error, sentence);
    }
    if (pixels(frame->width, frame->height) > MEDIA_PICTURE_MAX_PIXELS)
        too_many_pixels();
    av_packet_free(&packet);
    avcodec_free_context(&decoder);
    return frame;
}

static int coefficients(const AVFrame *frame) {
    return frame->colorspace == AVCOL_SPC_BT709        ? SWS_CS_ITU709
           : frame->colorspace == AVCOL_SPC_BT2020_NCL ? SWS_CS_BT2020
                                                       : SWS_CS_ITU601;
}

static AVFrame *to_rgba(const AVFrame *frame) {
    AVFrame *rgba = result_need(av_frame_alloc());
    rgba->format = AV_PIX_FMT_RGBA;
    rgba->width = frame->width;
    rgba->height = frame->height;
    if (av_frame_get_buffer(rgba, 0) < 0)
        result_fail_av(AVERROR(ENOMEM), "");
    struct SwsContext *scaler = result_need(
        sws_getContext(frame->width, frame->height, frame->format, rgba->width, rgba->height, AV_PIX_FMT_RGBA,
                       SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INT, NULL, NULL, NULL));
    int full = frame->color_range == AVCOL_RANGE_JPEG;
    sws_setColorspaceDetails(scaler, sws_getCoefficients(coefficients(frame)), full, sws_getCoefficients(SWS_CS_ITU601),
                             1, 0, 1 << 16, 1 << 16);
    sws_scale(scaler, (const uint8_t *const *)frame->data, frame->linesize, 0, frame->height, rgba->data,
              rgba->linesize);
    sws_freeContext(scaler);
    return rgba;
}

static void put_on_white(AVFrame *rgba) {
    for (int y = 0; y < rgba->height; y++) {
        uint8_t *pixel = rgba->data[0] + (ptrdiff_t)y * rgba->linesize[0];
        for (int x = 0; x < rgba->width; x++, pixel += 4)
            for (int i = 0; i < 3; i++)
                pixel[i] = (uint8_t)((pixel[i] * pixel[3] + 255 * (255 - pixel[3]) + 127) / 255);
    }
}

AVFrame *still_read(int *orientation) {
    struct file file = read_file();
    struct form form = form_read(file.at, (size_t)file.n);
    size_t i = 0, count = sizeof forms / sizeof *forms;
    while (i < count && forms[i].kind != form.kind)
        i++;
    if (i == count)
        result_fail(MEDIA_BLAME_FILM, "%s it must be JPEG, PNG, WebP, GIF or AVIF.",
                    form.kind == FORM_HEIF ? "HEIC pictures cannot be read here:"
                                           : "The file is no picture we can read:");
    if ((uint64_t)form.width * form.height > MEDIA_PICTURE_MAX_PIXELS)
        too_many_pixels();
    if (form.animated)
        result_fail(MEDIA_BLAME_FILM, "Animated WebP pictures cannot be read: send a still one.");
    if (!form.whole)
        result_fail(MEDIA_BLAME_FILM, "The %s picture is cut off.", forms[i].name);
    /* Decoders read on a little behind their end. */
    memset(file.at + form.bytes, 0, (size_t)file.n - form.bytes);
    file.n = (int64_t)form.bytes;
    AVFrame *frame = decode(&file, forms[i].name, forms[i].decoder);
    const AVPixFmtDescriptor *is = av_pix_fmt_desc_get(frame->format);
    int alpha = is && (is->flags & (AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL));
    av_freep(&file.at);
    if (!sws_isSupportedInput(frame->format))
        result_fail(MEDIA_BLAME_FILM, "The %s picture has colours of a kind that cannot be read.", forms[i].name);
    AVFrame *rgba = to_rgba(frame);
    av_frame_free(&frame);
    if (alpha)
        put_on_white(rgba);
    rgba->format = AV_PIX_FMT_RGB0;
    *orientation = form.orientation;
    return rgba;
}
