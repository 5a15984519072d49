#include "actors/transcode/media/fragments.h"
#include "actors/transcode/media/result.h"
#include "actors/transcode/media/source.h"
#include "actors/transcode/media/timeline.h"
#include "actors/transcode/media/ts.h"
#include "actors/transcode/media/verbs.h"
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#include <stdlib.h>

#define GRAIN        1024 /* samples of an access unit */
#define CHANNELS_MAX 6
/* Time stamps may be this far from the samples before anything is filled or cut: rounding is not a gap. */
#define SLACK_SAMPLES (MEDIA_AUDIO_RATE / 25)

struct maker {
    const struct job_film *film;
    int channels;
    int fragments;
    struct source source;
    AVStream *stream;
    AVCodecContext *decoder;
    AVCodecContext *encoder;
    SwrContext *resampler;
    AVFrame *like; /* what the resampler was built for */
    AVFrame *grain;
    AVPacket *packet;
    int64_t made;  /* samples on the timeline, from 0 */
    int64_t limit; /* samples of the film */
    int64_t drop;  /* samples to leave out */
    int64_t segment;
    int64_t segments;
    uint8_t *payload;
    size_t bytes;
    size_t room;
    int64_t units;
    struct ts_sound *sounds; /* of the payload; `data` is set when it has its last place */
    size_t sounds_room;
};

/* The sound alone, for who does not want pictures or wants another language. */
static void send_alone(struct maker *m) {
    size_t at = 0, bytes = 0;
    for (int64_t i = 0; i < m->units; i++) {
        at += sizeof(struct media_audio_head);
        m->sounds[i].data = m->payload + at;
        at += m->sounds[i].bytes;
    }
    struct ts_segment segment = {
        .sounds = m->sounds, .sound_count = (size_t)m->units, .has_sound = 1, .channels = m->channels};
    uint8_t *out = m->fragments ? fragments_of_sound(m->sounds, (size_t)m->units, m->segment, &bytes)
                                : result_need(ts_write(&segment, &bytes, NULL));
    result_send((struct media_frame){.kind = MEDIA_SEGMENT,
                                     .index = (uint32_t)m->segment,
                                     .a = av_rescale(m->units, GRAIN * 1000000ll, MEDIA_AUDIO_RATE),
                                     .b = m->sounds[0].pts_90k},
                out, bytes);
    free(out);
}

static void send_segment(struct maker *m) {
    result_send((struct media_frame){.kind = MEDIA_AUDIO, .index = (uint32_t)m->segment, .b = m->units}, m->payload,
                m->bytes);
    if (m->units > 0)
        send_alone(m);
    m->segment++;
    m->bytes = 0;
    m->units = 0;
    int64_t done = m->made < m->limit ? m->made : m->limit;
    result_send((struct media_frame){.kind = MEDIA_PROGRESS, .a = done, .b = m->limit}, NULL, 0);
}

static void keep(struct maker *m) {
    const AVPacket *packet = m->packet;
    /* What lies before 0 is the encoder's own run-up. */
    if (packet->pts < 0 || packet->size <= 0 || packet->size > MEDIA_AAC_MAX_BYTES)
        return;
    struct media_audio_head head = {.pts_90k = packet->pts / GRAIN * 1920, .bytes = (uint32_t)packet->size};
    int64_t each = timeline_segment_frames(m->film);
    while (m->segment + 1 < m->segments && head.pts_90k >= timeline_pts(m->film, (m->segment + 1) * each))
        send_segment(m);
    size_t need = m->bytes + sizeof head + head.bytes;
    if (need > m->room) {
        m->room = 2 * need + 65536;
        m->payload = result_need(realloc(m->payload, m->room));
    }
    if ((size_t)m->units == m->sounds_room) {
        m->sounds_room = 2 * m->sounds_room + 512;
        m->sounds = result_need(realloc(m->sounds, m->sounds_room * sizeof *m->sounds));
    }
    m->sounds[m->units] = (struct ts_sound){NULL, head.bytes, MEDIA_PTS_OFFSET + head.pts_90k};
    memcpy(m->payload + m->bytes, &head, sizeof head);
    memcpy(m->payload + m->bytes + sizeof head, packet->data, head.bytes);
    m->bytes = need;
    m->units++;
}

static void encode(struct maker *m, AVFrame *grain) {
    int error = avcodec_send_frame(m->encoder, grain);
    while (error >= 0 && (error = avcodec_receive_packet(m->encoder, m->packet)) >= 0) {
        keep(m);
        av_packet_unref(m->packet);
    }
    if (error < 0 && error != AVERROR(EAGAIN) && error != AVERROR_EOF)
        result_fail_av(error, "The sound could not be encoded.");
}

static void grain_new(struct maker *m) {
    av_frame_unref(m->grain);
    m->grain->format = AV_SAMPLE_FMT_FLTP;
    m->grain->sample_rate = MEDIA_AUDIO_RATE;
    m->grain->nb_samples = GRAIN;
    av_channel_layout_default(&m->grain->ch_layout, m->channels);
    if (av_frame_get_buffer(m->grain, 0) < 0)
        result_fail_av(AVERROR(ENOMEM), "");
}

/* Puts samples on the timeline; NULL planes are silence. */
static void put(struct maker *m, const float *const *planes, int64_t count) {
    int64_t at = 0;
    if (planes && m->drop > 0) {
        at = m->drop < count ? m->drop : count;
        m->drop -= at;
    }
    while (at < count && m->made < m->limit) {
        int64_t filled = m->made % GRAIN, part = GRAIN - filled;
        if (filled == 0)
            grain_new(m);
        if (part > count - at)
            part = count - at;
        for (int c = 0; c < m->channels; c++) {
            float *to = (float *)m->grain->data[c] + filled;
            for (int64_t i = 0; i < part; i++) {
                float sample = planes ? planes[c][at + i] : 0;
                /* Not a number, or louder than any sound, would spoil the encoder's state. */
                to[i] = sample > -4 && sample < 4 ? sample : 0;
            }
        }
        at += part;
        m->made += part;
        if (m->made % GRAIN == 0) {
            m->grain->pts = m->made - GRAIN;
            encode(m, m->grain);
        }
    }
}

static void resample(struct maker *m, const AVFrame *frame) {
    float *planes[CHANNELS_MAX];
    int in = frame ? frame->nb_samples : 0, most = swr_get_out_samples(m->resampler, in);
    if (most <= 0)
        return;
    for (int c = 0; c < m->channels; c++)
        planes[c] = result_need(malloc((size_t)most * sizeof(float)));
    int got =
        swr_convert(m->resampler, (uint8_t **)planes, most, frame ? (const uint8_t **)frame->extended_data : NULL, in);
    if (got > 0)
        put(m, (const float *const *)planes, got);
    for (int c = 0; c < m->channels; c++)
        free(planes[c]);
}

/* 0, or -1 when the sound is of a kind that cannot be converted. */
static int resampler_open(struct maker *m, const AVFrame *frame) {
    AVChannelLayout from = {0}, to;
    av_channel_layout_default(&to, m->channels);
    if (frame->ch_layout.nb_channels > 0 && frame->ch_layout.order == AV_CHANNEL_ORDER_NATIVE)
        av_channel_layout_copy(&from, &frame->ch_layout);
    else
        av_channel_layout_default(&from, frame->ch_layout.nb_channels);
    int error = swr_alloc_set_opts2(&m->resampler, &to, AV_SAMPLE_FMT_FLTP, MEDIA_AUDIO_RATE, &from, frame->format,
                                    frame->sample_rate, 0, NULL);
    /* Surround folded into two channels: louder than a sum that can never clip, softer than one that often does. */
    if (error >= 0 && from.nb_channels > m->channels)
        av_opt_set_double(m->resampler, "rematrix_maxval", 1.414, 0);
    if (error >= 0)
        error = swr_init(m->resampler);
    av_channel_layout_uninit(&from);
    if (error < 0) {
        swr_free(&m->resampler);
        return -1;
    }
    av_frame_unref(m->like);
    m->like->format = frame->format;
    m->like->sample_rate = frame->sample_rate;
    return av_channel_layout_copy(&m->like->ch_layout, &frame->ch_layout);
}

static int resampler_fits(struct maker *m, const AVFrame *frame) {
    return m->resampler && m->like->format == frame->format && m->like->sample_rate == frame->sample_rate &&
           !av_channel_layout_compare(&m->like->ch_layout, &frame->ch_layout);
}

/* Brings the timeline to where this frame belongs: silence for a gap, samples left out for an overlap. */
static void align(struct maker *m, const AVFrame *frame) {
    int64_t us = source_us(m->stream, frame->best_effort_timestamp);
    if (us == AV_NOPTS_VALUE)
        return;
    int64_t due = av_rescale(us - m->film->zero_us, MEDIA_AUDIO_RATE, 1000000);
    int64_t off = due - (m->made - m->drop + swr_get_delay(m->resampler, MEDIA_AUDIO_RATE));
    int first = m->made == 0 && m->drop == 0;
    if (off > (first ? 0 : SLACK_SAMPLES)) {
        resample(m, NULL);
        put(m, NULL, off < m->limit ? off : m->limit);
    } else if (off < (first ? 0 : -SLACK_SAMPLES)) {
        m->drop -= off;
    }
}

static void hear(struct maker *m, const AVFrame *frame) {
    if (frame->nb_samples <= 0 || frame->sample_rate < 1000 || frame->sample_rate > 768000 ||
        frame->ch_layout.nb_channels > 64)
        return;
    if (!resampler_fits(m, frame)) {
        if (m->resampler)
            resample(m, NULL);
        swr_free(&m->resampler);
        if (resampler_open(m, frame))
            return;
    }
    align(m, frame);
    resample(m, frame);
}

static void drain(struct maker *m, AVFrame *frame) {
    int error;
    while ((error = avcodec_receive_frame(m->decoder, frame)) >= 0)
        hear(m, frame);
    if (error == AVERROR(ENOMEM))
        result_fail_av(error, "");
}

static void listen_to_all(struct maker *m) {
    AVPacket *packet = result_need(av_packet_alloc());
    AVFrame *frame = result_need(av_frame_alloc());
    while (m->made < m->limit && source_read(&m->source, packet)) {
        if (packet->stream_index == m->stream->index) {
            if (avcodec_send_packet(m->decoder, packet) == AVERROR(ENOMEM))
                result_fail_av(AVERROR(ENOMEM), "");
            drain(m, frame);
        }
        av_packet_unref(packet);
    }
    avcodec_send_packet(m->decoder, NULL);
    drain(m, frame);
    if (m->resampler)
        resample(m, NULL);
    av_frame_free(&frame);
    av_packet_free(&packet);
}

static void encoder_open(struct maker *m) {
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_AAC);
    if (!codec)
        result_fail(MEDIA_BLAME_HOST, "This server has no encoder for AAC.");
    m->encoder = result_need(avcodec_alloc_context3(codec));
    m->encoder->sample_fmt = AV_SAMPLE_FMT_FLTP;
    m->encoder->sample_rate = MEDIA_AUDIO_RATE;
    m->encoder->bit_rate = m->channels > 2 ? MEDIA_SURROUND_BITRATE : MEDIA_AUDIO_BITRATE;
    m->encoder->time_base = (AVRational){1, MEDIA_AUDIO_RATE};
    m->encoder->flags |= AV_CODEC_FLAG_BITEXACT;
    m->encoder->thread_count = 1;
    av_channel_layout_default(&m->encoder->ch_layout, m->channels);
    int error = avcodec_open2(m->encoder, codec, NULL);
    if (error < 0 || m->encoder->frame_size != GRAIN)
        result_fail_av(error, "The sound could not be encoded.");
}

void verb_audio(const struct job *job) {
    struct maker m = {.film = &job->film,
                      .channels = job->channels,
                      .fragments = job->fragments,
                      .segments = timeline_segments(&job->film)};
    int stream = job->stream >= 0 ? job->stream : job->film.audio_stream;
    if (stream < 0)
        return;
    source_open(&m.source);
    m.stream = source_stream(&m.source, stream, AVMEDIA_TYPE_AUDIO);
    source_use(&m.source, NULL, m.stream);
    if (job->film.exact == MEDIA_EXACT_JUMPS)
        source_stitch(&m.source, job->film.video_stream, job->film.audio_stream);
    m.decoder = source_decoder(m.stream);
    if (!m.decoder)
        result_fail(MEDIA_BLAME_FILM, "The sound is stored in a way we cannot read.");
    m.like = result_need(av_frame_alloc());
    m.grain = result_need(av_frame_alloc());
    m.packet = result_need(av_packet_alloc());
    encoder_open(&m);
    if (m.fragments)
        fragments_send_sound(m.channels);
    /* As many whole access units as fit the film to the nearest one. */
    int64_t samples = av_rescale(timeline_pts(&job->film, job->film.frames), MEDIA_AUDIO_RATE, 90000);
    m.limit = (samples + GRAIN / 2) / GRAIN * GRAIN;
    listen_to_all(&m);
    /* The film goes on after its sound: silence, so that no player waits for it. */
    m.drop = 0;
    put(&m, NULL, m.limit - m.made);
    encode(&m, NULL);
    while (m.segment < m.segments)
        send_segment(&m);
    swr_free(&m.resampler);
    avcodec_free_context(&m.encoder);
    avcodec_free_context(&m.decoder);
    av_frame_free(&m.like);
    av_frame_free(&m.grain);
    av_packet_free(&m.packet);
    free(m.payload);
    free(m.sounds);
    source_close(&m.source);
}
