#include "actors/transcode/media/jpeg.h"
#include "actors/transcode/media/result.h"
#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>

void jpeg_send(AVFrame *picture, int quality, struct media_frame frame, const char *sentence) {
    AVCodecContext *encoder = result_need(avcodec_alloc_context3(avcodec_find_encoder(AV_CODEC_ID_MJPEG)));
    AVPacket *packet = result_need(av_packet_alloc());
    encoder->width = picture->width;
    encoder->height = picture->height;
    encoder->pix_fmt = AV_PIX_FMT_YUVJ420P;
    encoder->color_range = AVCOL_RANGE_JPEG;
    encoder->time_base = (AVRational){1, 25};
    encoder->thread_count = 1;
    encoder->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
    encoder->global_quality = quality * FF_QP2LAMBDA;
    picture->quality = encoder->global_quality;
    picture->pts = 0;
    int error = avcodec_open2(encoder, NULL, NULL);
    if (error >= 0)
        error = avcodec_send_frame(encoder, picture);
    if (error >= 0)
        error = avcodec_receive_packet(encoder, packet);
    if (error < 0 || (unsigned)packet->size > MEDIA_POSTER_MAX_BYTES)
        result_fail_av(error, sentence);
    frame.a = picture->width;
    frame.b = picture->height;
    result_send(frame, packet->data, (size_t)packet->size);
    av_packet_free(&packet);
    avcodec_free_context(&encoder);
}

static AVFrame *full_range(const AVFrame *picture) {
    AVFrame *wide = result_need(av_frame_alloc());
    wide->format = AV_PIX_FMT_YUVJ420P;
    wide->width = picture->width;
    wide->height = picture->height;
    if (av_frame_get_buffer(wide, 0) < 0)
        result_fail_av(AVERROR(ENOMEM), "");
    struct SwsContext *scaler =
        result_need(sws_getContext(picture->width, picture->height, AV_PIX_FMT_YUV420P, wide->width, wide->height,
                                   AV_PIX_FMT_YUVJ420P, SWS_BICUBIC, NULL, NULL, NULL));
    /* JPEG is BT.601 and full range. */
    sws_setColorspaceDetails(scaler, sws_getCoefficients(SWS_CS_ITU709), 0, sws_getCoefficients(SWS_CS_ITU601), 1, 0,
                             1 << 16, 1 << 16);
    sws_scale(scaler, (const uint8_t *const *)picture->data, picture->linesize, 0, picture->height, wide->data,
              wide->linesize);
    sws_freeContext(scaler);
    wide->color_range = AVCOL_RANGE_JPEG;
    return wide;
}

void jpeg_send_video(const AVFrame *picture, int quality, struct media_frame frame, const char *sentence) {
    AVFrame *wide = full_range(picture);
    jpeg_send(wide, quality, frame, sentence);
    av_frame_free(&wide);
}
