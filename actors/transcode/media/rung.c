#include "actors/transcode/media/rung.h"
#include "actors/transcode/media/fragments.h"
#include "actors/transcode/media/result.h"
#include "actors/transcode/media/timeline.h"
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <stdlib.h>

/* Frames x264 holds back for its B-frames; constant for the settings below. */
#define REORDER 2

/* A segment's last pictures know no future that would speak for their quality, and get fewer bits than in one run over
 * the film. Where pictures have few it is seen, so they get as many there. */
#define LOW_HEIGHT   120
#define LOW_CRF_LESS 0.12

static void set_crf(const struct job_rung *is, AVDictionary **options) {
    char text[32];
    snprintf(text, sizeof text, "%.2f", is->crf - (is->height <= LOW_HEIGHT ? LOW_CRF_LESS : 0));
    av_dict_set(options, "crf", text, 0);
}

static void encoder_open(struct rung *rung) {
    const struct job_rung *is = &rung->job->rungs[rung->number];
    const struct job_film *film = &rung->job->film;
    const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
    if (!codec)
        result_fail(MEDIA_BLAME_HOST, "This server has no encoder for H.264.");
    AVCodecContext *encoder = result_need(avcodec_alloc_context3(codec));
    int gop = (int)media_gop_frames(film->fps_num, film->fps_den);
    encoder->width = is->width;
    encoder->height = is->height;
    encoder->pix_fmt = AV_PIX_FMT_YUV420P;
    encoder->time_base = (AVRational){(int)film->fps_den, (int)film->fps_num};
    encoder->framerate = (AVRational){(int)film->fps_num, (int)film->fps_den};
    encoder->sample_aspect_ratio = (AVRational){1, 1};
    encoder->colorspace = AVCOL_SPC_BT709;
    encoder->color_primaries = AVCOL_PRI_BT709;
    encoder->color_trc = AVCOL_TRC_BT709;
    encoder->color_range = AVCOL_RANGE_MPEG;
    encoder->gop_size = gop;
    encoder->rc_max_rate = is->maxrate;
    encoder->rc_buffer_size = (int)is->bufsize;
    /* More threads would make the bytes depend on their number, and a rung has its own thread anyway. */
    encoder->thread_count = 1;
    AVDictionary *options = NULL;
    av_dict_set(&options, "preset", "veryfast", 0);
    av_dict_set(&options, "profile", "high", 0);
    set_crf(is, &options);
    av_dict_set(&options, "sc_threshold", "0", 0);
    av_dict_set(&options, "forced-idr", "1", 0);
    av_dict_set(&options, "aud", "1", 0);
    /* Without cpu-independent x264 gives other bytes on other processors, and with AVX-512 from one call to the next.
     */
    av_dict_set(&options, "x264-params", "open-gop=0:cpu-independent=1", 0);
    int error = avcodec_open2(encoder, codec, &options);
    av_dict_free(&options);
    if (error < 0)
        result_fail_av(error, "The video could not be encoded.");
    rung->encoder = encoder;
}

/* The encoder's own settings, some 700 bytes at the head of every segment that no player reads. Unit is the NAL with
 * its start code; it is closed up in place. */
static size_t drop_settings(uint8_t *data, size_t bytes) {
    size_t from = 0, to = 0;
    for (size_t at = 0; at + 4 < bytes; at++) {
        if (data[at] || data[at + 1] || data[at + 2] != 1)
            continue;
        if ((data[at + 3] & 31) == 5 || (data[at + 3] & 31) == 1)
            break;
        if ((data[at + 3] & 31) != 6 || data[at + 4] != 5)
            continue;
        from = at > 0 && !data[at - 1] ? at - 1 : at;
        for (to = at + 3; to + 3 < bytes && (data[to] || data[to + 1] || data[to + 2] > 1); to++)
            ;
        if (to + 3 >= bytes)
            return bytes;
        memmove(data + from, data + to, bytes - to);
        return bytes - (to - from);
    }
    return bytes;
}

/* When a picture of the segment is decoded: on the grid of the whole film, so that it runs on from one segment to the
 * next. */
static int64_t decoded_90k(const struct rung *rung, size_t place) {
    return MEDIA_PTS_OFFSET + timeline_pts(&rung->job->film, rung->segment_first + (int64_t)place - REORDER);
}

static void keep(struct rung *rung) {
    const struct job_film *film = &rung->job->film;
    const AVPacket *packet = rung->packet;
    if (rung->picture_count == rung->picture_room) {
        rung->picture_room = rung->picture_room * 2 + 64;
        rung->pictures = result_need(realloc(rung->pictures, rung->picture_room * sizeof *rung->pictures));
    }
    struct ts_picture *picture = &rung->pictures[rung->picture_count];
    picture->data = result_need(malloc((size_t)packet->size + 1));
    memcpy(picture->data, packet->data, (size_t)packet->size);
    picture->key = (packet->flags & AV_PKT_FLAG_KEY) != 0;
    picture->bytes = picture->key && rung->picture_count == 0 ? drop_settings(picture->data, (size_t)packet->size)
                                                              : (size_t)packet->size;
    picture->pts_90k = MEDIA_PTS_OFFSET + timeline_pts(film, rung->segment_first + packet->pts);
    picture->dts_90k = decoded_90k(rung, rung->picture_count);
    if (picture->dts_90k > picture->pts_90k)
        result_fail(MEDIA_BLAME_FILM, "The video could not be encoded: pictures out of order.");
    rung->picture_count++;
}

static void encode(struct rung *rung, AVFrame *picture) {
    int error = avcodec_send_frame(rung->encoder, picture);
    while (error >= 0 && (error = avcodec_receive_packet(rung->encoder, rung->packet)) >= 0) {
        keep(rung);
        av_packet_unref(rung->packet);
    }
    if (error < 0 && error != AVERROR(EAGAIN) && error != AVERROR_EOF)
        result_fail_av(error, "The video could not be encoded.");
}

/* profile, constraints and level as in avc1.XXXXXX */
static uint32_t codec_bytes(const uint8_t *data, size_t bytes) {
    for (size_t at = 0; at + 6 < bytes; at++)
        if (!data[at] && !data[at + 1] && data[at + 2] == 1 && (data[at + 3] & 31) == 7)
            return (uint32_t)data[at + 4] << 16 | (uint32_t)data[at + 5] << 8 | data[at + 6];
    return 0;
}

/* Where the pictures that stand alone lie: one at the start of every group. */
static void send_keys(const struct rung *rung, const struct ts_key *places) {
    const struct job_film *film = &rung->job->film;
    struct media_key keys[MEDIA_KEYS_MAX];
    int64_t gop = media_gop_frames(film->fps_num, film->fps_den);
    size_t count = 0;
    for (int64_t at = rung->segment_first; at < rung->segment_end; at += gop, count++) {
        int64_t end = at + gop < rung->segment_end ? at + gop : rung->segment_end;
        keys[count] = (struct media_key){
            .offset = (uint32_t)places[count].offset,
            .bytes = (uint32_t)places[count].bytes,
            .duration_us =
                media_frame_us(end, film->fps_num, film->fps_den) - media_frame_us(at, film->fps_num, film->fps_den),
        };
    }
    result_send(
        (struct media_frame){.kind = MEDIA_KEYS, .rung = (uint32_t)rung->number, .index = (uint32_t)rung->segment},
        keys, count * sizeof *keys);
}

static void segment_finish(struct rung *rung) {
    const struct job_film *film = &rung->job->film;
    if (!rung->encoder)
        return;
    encode(rung, NULL);
    avcodec_free_context(&rung->encoder);
    struct ts_segment segment = {.pictures = rung->pictures,
                                 .picture_count = rung->picture_count,
                                 .has_sound = rung->sound != NULL,
                                 .channels = 2};
    struct ts_sound *sounds = NULL;
    if (rung->sound)
        sounds = sound_between(rung->sound, timeline_pts(film, rung->segment_first),
                               timeline_pts(film, rung->segment_first + timeline_segment_frames(film)),
                               MEDIA_PTS_OFFSET, &segment.sound_count);
    segment.sounds = sounds;
    size_t bytes = 0;
    struct ts_key places[MEDIA_KEYS_MAX] = {0};
    uint8_t *out = rung->job->fragments
                       ? fragments_of_pictures(rung->segment_first, rung->pictures, rung->picture_count,
                                               decoded_90k(rung, rung->picture_count), &bytes, places)
                       : result_need(ts_write(&segment, &bytes, places));
    if (bytes > MEDIA_PAYLOAD_MAX_BYTES)
        result_fail(MEDIA_BLAME_FILM, "A part of the video is too large once encoded.");
    struct media_frame frame = {
        .kind = MEDIA_SEGMENT,
        .rung = (uint32_t)rung->number,
        .index = (uint32_t)rung->segment,
        .flags = codec_bytes(rung->pictures[0].data, rung->pictures[0].bytes),
        .a = media_frame_us(rung->segment_end, film->fps_num, film->fps_den) -
             media_frame_us(rung->segment_first, film->fps_num, film->fps_den),
        .b = MEDIA_PTS_OFFSET + timeline_pts(film, rung->segment_first),
    };
    if (rung->job->fragments && rung->segment == 0)
        fragments_send_rung(rung->job, rung->number, &rung->pictures[0]);
    send_keys(rung, places);
    result_send(frame, out, bytes);
    free(out);
    free(sounds);
    for (size_t i = 0; i < rung->picture_count; i++)
        free(rung->pictures[i].data);
    rung->picture_count = 0;
}

static void take_part(struct rung *rung, AVFrame *picture, int64_t frame) {
    const struct job_film *film = &rung->job->film;
    int64_t each = timeline_segment_frames(film), gop = media_gop_frames(film->fps_num, film->fps_den);
    if (!rung->encoder) {
        rung->segment = frame / each;
        rung->segment_first = rung->segment * each;
        encoder_open(rung);
    }
    picture->pts = frame - rung->segment_first;
    picture->pict_type = picture->pts % gop ? AV_PICTURE_TYPE_NONE : AV_PICTURE_TYPE_I;
    picture->key_frame = 0;
    encode(rung, picture);
    rung->segment_end = frame + 1;
    if ((frame + 1) % each == 0)
        segment_finish(rung);
}

/* The picture at the size of the rung below. */
static AVFrame *shrink(struct rung *rung, const AVFrame *picture) {
    const struct job_rung *to = &rung->job->rungs[rung->number + 1];
    AVFrame *small = result_need(av_frame_alloc());
    if (av_frame_copy_props(small, picture) < 0)
        result_fail_av(AVERROR(ENOMEM), "");
    small->width = to->width;
    small->height = to->height;
    small->format = AV_PIX_FMT_YUV420P;
    small->buf[0] = result_need(av_buffer_pool_get(rung->pool));
    if (av_image_fill_arrays(small->data, small->linesize, small->buf[0]->data, AV_PIX_FMT_YUV420P, to->width,
                             to->height, 64) < 0 ||
        sws_scale(rung->scaler, (const uint8_t *const *)picture->data, picture->linesize, 0, picture->height,
                  small->data, small->linesize) < 0)
        result_fail(MEDIA_BLAME_FILM, "The video could not be scaled.");
    return small;
}

static void pass_down(struct rung *rung, const AVFrame *picture, int64_t frame, int same) {
    if (!rung->below)
        return;
    if (!same || !rung->smaller) {
        av_frame_free(&rung->smaller);
        rung->smaller = shrink(rung, picture);
    }
    rung_give_take(rung->below, result_need(av_frame_clone(rung->smaller)), frame, same);
}

static struct rung_item take(struct rung *rung) {
    pthread_mutex_lock(&rung->lock);
    while (rung->waiting == 0)
        pthread_cond_wait(&rung->filled, &rung->lock);
    struct rung_item item = rung->queue[rung->head];
    rung->head = (rung->head + 1) % RUNG_QUEUE;
    rung->waiting--;
    pthread_cond_signal(&rung->emptied);
    pthread_mutex_unlock(&rung->lock);
    return item;
}

static void *run(void *argument) {
    struct rung *rung = argument;
    for (;;) {
        struct rung_item item = take(rung);
        if (!item.picture)
            break;
        pass_down(rung, item.picture, item.frame, item.same);
        if (rung->job->make >> rung->number & 1)
            take_part(rung, item.picture, item.frame);
        av_frame_free(&item.picture);
    }
    if (rung->below)
        rung_give_take(rung->below, NULL, 0, 0);
    segment_finish(rung);
    return NULL;
}

void rung_start(struct rung *rung, const struct job *job, int number, struct rung *below, struct sound *sound) {
    *rung = (struct rung){.job = job, .number = number, .below = below, .sound = sound};
    rung->packet = result_need(av_packet_alloc());
    if (below) {
        const struct job_rung *from = &job->rungs[number], *to = &job->rungs[number + 1];
        int bytes = av_image_get_buffer_size(AV_PIX_FMT_YUV420P, to->width, to->height, 64);
        rung->pool = result_need(bytes > 0 ? av_buffer_pool_init((size_t)bytes + 64, NULL) : NULL);
        rung->scaler = result_need(sws_getContext(from->width, from->height, AV_PIX_FMT_YUV420P, to->width, to->height,
                                                  AV_PIX_FMT_YUV420P, SWS_BICUBIC | SWS_BITEXACT | SWS_ACCURATE_RND,
                                                  NULL, NULL, NULL));
    }
    pthread_mutex_init(&rung->lock, NULL);
    pthread_cond_init(&rung->filled, NULL);
    pthread_cond_init(&rung->emptied, NULL);
    if (pthread_create(&rung->thread, NULL, run, rung))
        result_fail_av(AVERROR(ENOMEM), "");
}

void rung_give_take(struct rung *rung, AVFrame *picture, int64_t frame, int same) {
    pthread_mutex_lock(&rung->lock);
    while (rung->waiting == RUNG_QUEUE)
        pthread_cond_wait(&rung->emptied, &rung->lock);
    rung->queue[(rung->head + rung->waiting++) % RUNG_QUEUE] = (struct rung_item){picture, frame, same};
    pthread_cond_signal(&rung->filled);
    pthread_mutex_unlock(&rung->lock);
}

void rung_finish(struct rung *rung) {
    pthread_join(rung->thread, NULL);
    av_frame_free(&rung->smaller);
    av_packet_free(&rung->packet);
    sws_freeContext(rung->scaler);
    av_buffer_pool_uninit(&rung->pool);
    free(rung->pictures);
    pthread_mutex_destroy(&rung->lock);
    pthread_cond_destroy(&rung->filled);
    pthread_cond_destroy(&rung->emptied);
}
