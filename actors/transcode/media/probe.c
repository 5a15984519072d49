#include "actors/transcode/media/canvas.h"
#include "actors/transcode/media/result.h"
#include "actors/transcode/media/source.h"
#include "actors/transcode/media/timeline.h"
#include "actors/transcode/media/tracks.h"
#include "actors/transcode/media/verbs.h"
#include <libavutil/avstring.h>
#include <math.h>
#include <stdlib.h>

#define PICTURES_WANTED 12
#define REFUSED_MAX     3000
#define LOOK_MAX_BYTES  (32ll << 20)

/* What one stream of the film turned out to be. */
struct track {
    AVStream *stream;
    AVCodecContext *decoder;
    int64_t start_us; /* of what is presented */
    int64_t end_us;
    int64_t last_us;    /* of the packet that ends last */
    int64_t covered_us; /* sum of the packets' lengths */
    int64_t packets;
    int64_t decoded;
    int64_t refused;
    int interlaced;
    int hdr;
    int width;
    int height;
    AVRational sar;
};

static void track_open(struct track *track, AVStream *stream) {
    *track = (struct track){.stream = stream, .start_us = INT64_MAX, .end_us = INT64_MIN, .last_us = INT64_MIN};
    if (stream)
        track->decoder = source_decoder(stream);
}

static void learn(struct track *track, const AVFrame *frame) {
    if (track->stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO) {
        if (track->decoded == 0) {
            track->width = frame->width;
            track->height = frame->height;
            track->sar = frame->sample_aspect_ratio;
        }
        track->interlaced |= frame->interlaced_frame;
        track->hdr |= canvas_is_hdr(frame);
    }
    track->decoded++;
}

/* Decodes until enough was seen to know that it can be done. */
static void try(struct track *track, const AVPacket *packet, AVFrame *frame) {
    int64_t wanted = track->stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO ? PICTURES_WANTED : 1;
    if (!track->decoder || track->decoded >= wanted || track->refused > REFUSED_MAX)
        return;
    int error = avcodec_send_packet(track->decoder, packet);
    if (error == AVERROR(ENOMEM))
        result_fail_av(error, "");
    track->refused += error < 0;
    while ((error = avcodec_receive_frame(track->decoder, frame)) >= 0)
        learn(track, frame);
    if (error == AVERROR(ENOMEM))
        result_fail_av(error, "");
}

static void measure(struct track *track, const AVPacket *packet) {
    int64_t us = source_us(track->stream, packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts);
    int64_t length = source_us(track->stream, packet->duration);
    if (us == AV_NOPTS_VALUE || (packet->flags & AV_PKT_FLAG_DISCARD))
        return;
    if (length == AV_NOPTS_VALUE || length < 0)
        length = 0;
    if (length < 60000000)
        track->covered_us += length;
    if (us < track->start_us)
        track->start_us = us;
    if (us > track->last_us)
        track->last_us = us;
    if (us + length > track->end_us)
        track->end_us = us + length;
}

/* Reads packets up to the film's end, or as far as needed when it is too long for that. 1 when the end was reached. */
static int scan(struct source *source, struct track *video, struct track *audio) {
    AVPacket *packet = result_need(av_packet_alloc());
    AVFrame *frame = result_need(av_frame_alloc());
    int whole = source->bytes <= MEDIA_SCAN_MAX_BYTES, ended = 0;
    while (whole || source->position < LOOK_MAX_BYTES || (video->decoded == 0 && video->refused <= REFUSED_MAX)) {
        if (!source_read(source, packet)) {
            ended = 1;
            break;
        }
        struct track *track = packet->stream_index == video->stream->index ? video : audio;
        if (track->stream && packet->stream_index == track->stream->index) {
            track->packets++;
            measure(track, packet);
            try(track, packet, frame);
        }
        av_packet_unref(packet);
    }
    if (ended) {
        try(video, NULL, frame);
        if (audio->stream)
            try(audio, NULL, frame);
    }
    av_frame_free(&frame);
    av_packet_free(&packet);
    return ended;
}

/* Containers that say nothing about the last packet's length mean one picture. */
static void finish_end(struct track *track, AVRational rate) {
    if (track->end_us == track->last_us && track->last_us != INT64_MIN)
        track->end_us += 1000000ll * rate.den / rate.num;
}

/* The container's average, or what the packets say where it has none to be believed. */
static AVRational rate_of(const struct track *video) {
    AVRational average = video->stream->avg_frame_rate, base = video->stream->r_frame_rate, seen;
    int64_t span_us = video->last_us - video->start_us;
    if (!timeline_rate_is_sane(average) && video->packets >= 10 && span_us > 0) {
        av_reduce(&seen.num, &seen.den, (video->packets - 1) * 1000000, span_us, 1000000);
        if (!timeline_rate_is_sane(base) || av_q2d(seen) < 0.6 * av_q2d(base))
            average = seen;
    }
    return timeline_rate(average, base);
}

/* Where the container counts from its own 0 and not from the first packet, so do we; and what it says beyond the last
 * packet, up to a second, is shown as well. */
static void heed(struct media_info *info, int64_t told_us, int64_t end_us) {
    int64_t zero_us = info->zero_us;
    if (told_us <= 0 || told_us == AV_NOPTS_VALUE)
        return;
    if (zero_us > 0 && zero_us < 10000000 && llabs(told_us - end_us) < llabs(told_us - (end_us - zero_us)))
        info->zero_us = 0;
    info->duration_us = end_us - info->zero_us;
    if (told_us > info->duration_us && told_us < info->duration_us + 1000000)
        info->duration_us = told_us;
}

static void set_times(struct media_info *info, struct source *source, struct track *video, struct track *audio) {
    AVRational rate = rate_of(video);
    if (video->start_us == INT64_MAX)
        result_fail(MEDIA_BLAME_FILM, "The video has no time stamps we can use.");
    finish_end(video, rate);
    info->start_us = video->start_us;
    info->zero_us = video->start_us;
    int64_t end_us = video->end_us;
    if (info->has_audio && audio->start_us != INT64_MAX) {
        if (audio->start_us < info->zero_us)
            info->zero_us = audio->start_us;
        if (audio->end_us > end_us)
            end_us = audio->end_us;
    }
    info->duration_us = end_us - info->zero_us;
    if (info->exact != MEDIA_EXACT_JUMPS)
        heed(info, source->format->duration, end_us);
    if (!info->exact) {
        int64_t told = source->format->duration;
        if (told <= 0 || told == AV_NOPTS_VALUE)
            result_fail(MEDIA_BLAME_FILM, "The file does not say how long the film is.");
        info->duration_us = told;
    }
    info->fps_num = (uint32_t)rate.num;
    info->fps_den = (uint32_t)rate.den;
    int64_t longest_us = media_frame_us(MEDIA_SEGMENTS_MAX * media_segment_frames(info->fps_num, info->fps_den),
                                        info->fps_num, info->fps_den);
    if (info->duration_us <= 0 || info->duration_us > longest_us)
        result_fail(MEDIA_BLAME_FILM, "The film is longer than 33 hours, or its time stamps are wrong.");
    /* A still picture under an hour of talk is a film; two pictures ten hours apart with little else are not. */
    if (info->exact && info->duration_us / 60000000 > video->packets && audio->covered_us < info->duration_us / 2)
        result_fail(MEDIA_BLAME_FILM, "The film's time stamps are wrong: it has almost no pictures for its length.");
    info->frames = timeline_frames(info->duration_us, rate);
    /* The first picture falls on the grid, and the sound is placed by the same zero: they stay together to the sample.
     */
    int64_t lead = timeline_nearest(info->start_us - info->zero_us, rate);
    info->zero_us = info->start_us - media_frame_us(lead, info->fps_num, info->fps_den);
}

static void set_shape(struct media_info *info, const struct track *video) {
    int turn, mirror;
    double width, height;
    canvas_turn(video->stream, &turn, &mirror);
    canvas_shape(video->width, video->height, video->sar, turn, &width, &height);
    if (width > 2 * MEDIA_SIDE_MAX || height > 2 * MEDIA_SIDE_MAX || width < 8 || height < 8 || width / height > 16 ||
        height / width > 16)
        result_fail(MEDIA_BLAME_FILM, "The picture's size, %.0f by %.0f, is not one we can show.", width, height);
    info->rotation = turn;
    info->width = (uint32_t)(lround(width / 2) * 2);
    info->height = (uint32_t)(lround(height / 2) * 2);
    info->source_width = (uint32_t)video->width;
    info->source_height = (uint32_t)video->height;
    info->interlaced = (uint8_t)video->interlaced;
    info->hdr = (uint8_t)video->hdr;
}

static void name(char *to, size_t bytes, const char *from) {
    snprintf(to, bytes, "%.*s", (int)strcspn(from, ","), from);
}

static void set_names(struct media_info *info, const struct source *source, const struct track *video,
                      const struct track *audio) {
    name(info->container, sizeof info->container, source->format->iformat->name);
    name(info->video_codec, sizeof info->video_codec, avcodec_get_name(video->stream->codecpar->codec_id));
    if (!info->has_audio)
        return;
    int channels = audio->stream->codecpar->ch_layout.nb_channels, rate = audio->stream->codecpar->sample_rate;
    name(info->audio_codec, sizeof info->audio_codec, avcodec_get_name(audio->stream->codecpar->codec_id));
    info->audio_channels = channels > 0 ? (uint32_t)channels : 0;
    info->audio_rate = rate > 0 ? (uint32_t)rate : 0;
}

/* HEIF and AVIF share the container of films. */
static int is_still(const struct source *source) {
    const AVDictionaryEntry *brand = av_dict_get(source->format->metadata, "major_brand", NULL, 0);
    return brand && av_match_list(brand->value, "avif,mif1,heic,heix,heim,heis", ',');
}

void verb_probe(const struct job *job) {
    (void)job;
    struct source source;
    struct track video, audio;
    source_open(&source);
    if (is_still(&source))
        result_fail(MEDIA_BLAME_FILM, "The file is a picture, not a film.");
    AVStream *stream = source_best_video(&source);
    if (!stream && source_best_audio(&source))
        result_fail(MEDIA_BLAME_FILM, "The file has no video, only sound.");
    if (!stream)
        result_fail(MEDIA_BLAME_FILM, "The file has no video track.");
    track_open(&video, stream);
    track_open(&audio, source_best_audio(&source));
    if (!video.decoder)
        result_fail(MEDIA_BLAME_FILM, "The video is stored in a way we cannot read (%s).",
                    stream->codecpar->codec_id ? avcodec_get_name(stream->codecpar->codec_id) : "unknown");
    source_use(&source, video.stream, audio.stream);
    struct media_info info = {.version = MEDIA_INFO_VERSION, .has_video = 1};
    if (source_may_jump(&source))
        source_stitch(&source, video.stream->index, audio.stream ? audio.stream->index : -1);
    info.exact = (uint8_t)scan(&source, &video, &audio);
    if (info.exact && source.stitch && source.stitch->jumps)
        info.exact = MEDIA_EXACT_JUMPS;
    if (video.decoded == 0)
        result_fail(MEDIA_BLAME_FILM, "No picture of the video could be read.");
    info.has_audio = audio.stream && audio.decoded > 0;
    info.video_stream = video.stream->index;
    info.audio_stream = info.has_audio ? audio.stream->index : -1;
    set_shape(&info, &video);
    set_times(&info, &source, &video, &audio);
    set_names(&info, &source, &video, &audio);
    result_send((struct media_frame){.kind = MEDIA_INFO}, &info, sizeof info);
    tracks_tell(&source, info.has_audio ? audio.stream : NULL);
    avcodec_free_context(&video.decoder);
    avcodec_free_context(&audio.decoder);
    source_close(&source);
}
