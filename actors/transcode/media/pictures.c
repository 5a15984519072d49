#include "actors/transcode/media/pictures.h"
#include "actors/transcode/media/result.h"
#include "actors/transcode/media/timeline.h"
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>

#define ERRORS_MAX     100000
#define KEY_SEARCH_MAX 600

static void open_source(struct pictures *p) {
    source_open(&p->source);
    p->stream = source_stream(&p->source, p->film->video_stream, AVMEDIA_TYPE_VIDEO);
    p->audio = p->film->exact || p->film->audio_stream < 0
                   ? NULL
                   : source_stream(&p->source, p->film->audio_stream, AVMEDIA_TYPE_AUDIO);
    source_use(&p->source, p->stream, p->audio);
    if (p->film->exact == MEDIA_EXACT_JUMPS)
        source_stitch(&p->source, p->film->video_stream, p->film->audio_stream);
    p->decoder = source_decoder(p->stream);
    if (!p->decoder)
        result_fail(MEDIA_BLAME_FILM, "The video is stored in a way we cannot read.");
    p->flushing = 0;
    p->last_us = AV_NOPTS_VALUE;
}

static void close_source(struct pictures *p) {
    avcodec_free_context(&p->decoder);
    source_close(&p->source);
}

static void note_end(struct pictures *p, const AVStream *stream) {
    int64_t us = source_us(stream, p->packet->pts != AV_NOPTS_VALUE ? p->packet->pts : p->packet->dts);
    int64_t length = source_us(stream, p->packet->duration);
    if (us != AV_NOPTS_VALUE && us + (length > 0 ? length : 0) > p->end_us)
        p->end_us = us + (length > 0 ? length : 0);
}

/* Gives the decoder one more packet, or the end. */
static void feed(struct pictures *p) {
    if (!source_read(&p->source, p->packet)) {
        p->flushing = 1;
        avcodec_send_packet(p->decoder, NULL);
        return;
    }
    AVStream *stream = p->packet->stream_index == p->stream->index ? p->stream : p->audio;
    if (stream && p->packet->stream_index == stream->index)
        note_end(p, stream);
    if (stream == p->stream && avcodec_send_packet(p->decoder, p->packet) == AVERROR(ENOMEM))
        result_fail_av(AVERROR(ENOMEM), "");
    av_packet_unref(p->packet);
}

/* The next picture of the decoder into p->decoded, its pts in us; 0 at the end. */
static int decode(struct pictures *p) {
    for (int errors = 0; errors < ERRORS_MAX;) {
        int error = avcodec_receive_frame(p->decoder, p->decoded);
        if (error == AVERROR(ENOMEM))
            result_fail_av(error, "");
        if (error == AVERROR_EOF || (error < 0 && p->flushing && ++errors > 100))
            return 0;
        if (error == AVERROR(EAGAIN)) {
            if (p->flushing)
                return 0;
            feed(p);
        } else if (error < 0) {
            errors++;
        } else if (p->decoded->width > 0 && p->decoded->height > 0) {
            int64_t us = source_us(p->stream, p->decoded->best_effort_timestamp);
            int64_t step = 1000000ll * p->film->fps_den / p->film->fps_num;
            p->last_us = us != AV_NOPTS_VALUE           ? us
                         : p->last_us != AV_NOPTS_VALUE ? p->last_us + step
                                                        : p->film->start_us;
            p->decoded->pts = p->last_us;
            return 1;
        }
    }
    return 0;
}

/* Builds the deinterlacer for pictures of this shape. Its output has the rate of its input. */
static void weave_open(struct pictures *p, const AVFrame *like) {
    avfilter_graph_free(&p->weave);
    p->weave = result_need(avfilter_graph_alloc());
    p->weave->nb_threads = 1;
    AVRational sar = like->sample_aspect_ratio;
    char text[200];
    snprintf(text, sizeof text, "video_size=%dx%d:pix_fmt=%d:time_base=1/1000000:pixel_aspect=%d/%d", like->width,
             like->height, like->format, sar.num > 0 && sar.den > 0 ? sar.num : 1,
             sar.num > 0 && sar.den > 0 ? sar.den : 1);
    AVFilterContext *bwdif = NULL;
    int error = avfilter_graph_create_filter(&p->weave_in, avfilter_get_by_name("buffer"), "in", text, NULL, p->weave);
    if (error >= 0)
        error = avfilter_graph_create_filter(&bwdif, avfilter_get_by_name("bwdif"), "bwdif",
                                             "mode=send_frame:parity=auto:deint=interlaced", NULL, p->weave);
    if (error >= 0)
        error = avfilter_graph_create_filter(&p->weave_out, avfilter_get_by_name("buffersink"), "out", NULL, NULL,
                                             p->weave);
    if (error >= 0)
        error = avfilter_link(p->weave_in, 0, bwdif, 0);
    if (error >= 0)
        error = avfilter_link(bwdif, 0, p->weave_out, 0);
    if (error >= 0)
        error = avfilter_graph_config(p->weave, NULL);
    if (error < 0)
        result_fail_av(error, "The interlaced video could not be read.");
}

/* The next picture, deinterlaced where the film needs it, into `frame`; 0 at the end. */
static int follow(struct pictures *p, AVFrame *frame) {
    av_frame_unref(frame);
    if (!p->film->interlaced) {
        if (!decode(p))
            return 0;
        av_frame_move_ref(frame, p->decoded);
        return 1;
    }
    for (;;) {
        if (p->weave && av_buffersink_get_frame(p->weave_out, frame) >= 0) {
            frame->pts = av_rescale_q(frame->pts, av_buffersink_get_time_base(p->weave_out), AV_TIME_BASE_Q);
            return 1;
        }
        if (!decode(p)) {
            if (!p->weave || av_buffersrc_add_frame(p->weave_in, NULL) < 0 ||
                av_buffersink_get_frame(p->weave_out, frame) < 0)
                return 0;
            frame->pts = av_rescale_q(frame->pts, av_buffersink_get_time_base(p->weave_out), AV_TIME_BASE_Q);
            return 1;
        }
        const AVFilterLink *link = p->weave ? p->weave_in->outputs[0] : NULL;
        if (!link || link->w != p->decoded->width || link->h != p->decoded->height ||
            link->format != p->decoded->format)
            weave_open(p, p->decoded);
        if (av_buffersrc_add_frame(p->weave_in, p->decoded) == AVERROR(ENOMEM))
            result_fail_av(AVERROR(ENOMEM), "");
    }
}

static void restart(struct pictures *p) {
    avfilter_graph_free(&p->weave);
    av_frame_unref(p->now);
    av_frame_unref(p->next);
    p->has_now = p->has_next = p->at_end = 0;
}

static void rewind_all(struct pictures *p) {
    close_source(p);
    restart(p);
    open_source(p);
    p->from_start = 1;
}

/* Where the clock jumps time tells no place: packets are counted from the film's start to the last key picture before
 * this time, and read up to there once more. -1 when there is none. */
static int skip_to(struct pictures *p, int64_t us) {
    int64_t count = 0, key = 0;
    rewind_all(p);
    for (int end = 0; !end && source_read(&p->source, p->packet); av_packet_unref(p->packet)) {
        if (p->packet->stream_index != p->stream->index)
            continue;
        int64_t pts_us = source_us(p->stream, p->packet->pts), dts_us = source_us(p->stream, p->packet->dts);
        end = dts_us != AV_NOPTS_VALUE && dts_us > us;
        if ((p->packet->flags & AV_PKT_FLAG_KEY) && pts_us != AV_NOPTS_VALUE && pts_us <= us)
            key = count;
        count++;
    }
    rewind_all(p);
    for (count = 0; count < key && source_read(&p->source, p->packet); av_packet_unref(p->packet))
        count += p->packet->stream_index == p->stream->index;
    p->from_start = key == 0;
    return key ? 0 : -1;
}

static int seek_to(struct pictures *p, int64_t us) {
    restart(p);
    int64_t to = av_rescale_q_rnd(us, AV_TIME_BASE_Q, p->stream->time_base, AV_ROUND_DOWN | AV_ROUND_PASS_MINMAX);
    if (av_seek_frame(p->source.format, p->stream->index, to, AVSEEK_FLAG_BACKWARD) < 0)
        return -1;
    avcodec_flush_buffers(p->decoder);
    p->flushing = 0;
    p->from_start = 0;
    p->last_us = AV_NOPTS_VALUE;
    return 0;
}

/* Seeks and decodes up to the first key picture, which becomes `next`. Pictures before it in time may lack what they
 * refer to and are dropped, so that the result is the same wherever decoding began. 0, or -1 when there is no key
 * picture. */
static int seek(struct pictures *p, int64_t us) {
    if (p->film->exact == MEDIA_EXACT_JUMPS ? skip_to(p, us) : seek_to(p, us))
        return -1;
    for (int tries = 0; tries < KEY_SEARCH_MAX; tries++) {
        p->has_next = follow(p, p->next);
        if (!p->has_next)
            return -1;
        if (p->next->key_frame)
            return 0;
    }
    return -1;
}

/* Stands so that frame `first` can be shown, starting from a key picture at or before it. */
static void stand(struct pictures *p, int64_t first) {
    static const int64_t back_us[] = {0, 5000000, 30000000};
    /* The deinterlacer looks at neighbours: what comes right after a seek is not yet what it would be without. */
    int64_t early = p->film->interlaced ? 4 : 0;
    int64_t target = timeline_us(p->film, first - 2 * early);
    for (int i = 0; i < 3 && target - back_us[i] > p->film->start_us + 500000; i++)
        if (!seek(p, target - back_us[i]) && timeline_slot(p->film, p->next->pts) <= first - early)
            return;
    rewind_all(p);
    p->has_next = follow(p, p->next);
    if (!p->has_next)
        result_fail(MEDIA_BLAME_FILM, "No picture of the video could be read.");
}

void pictures_open(struct pictures *p, const struct job_film *film, int64_t first) {
    *p = (struct pictures){.film = film, .from_start = 1, .end_us = INT64_MIN};
    p->packet = result_need(av_packet_alloc());
    p->decoded = result_need(av_frame_alloc());
    p->now = result_need(av_frame_alloc());
    p->next = result_need(av_frame_alloc());
    open_source(p);
    stand(p, first);
}

void pictures_close(struct pictures *p) {
    restart(p);
    close_source(p);
    av_packet_free(&p->packet);
    av_frame_free(&p->decoded);
    av_frame_free(&p->now);
    av_frame_free(&p->next);
}

int64_t pictures_frames(const struct pictures *p) {
    const struct job_film *film = p->film;
    if (film->exact || !p->at_end)
        return film->frames;
    int64_t second = film->fps_num / film->fps_den;
    int64_t frames = p->end_us == INT64_MIN ? 1
                                            : timeline_frames(p->end_us - film->zero_us,
                                                              (AVRational){(int)film->fps_num, (int)film->fps_den});
    if (p->has_now && timeline_slot(film, p->now->pts) + 1 > frames)
        frames = timeline_slot(film, p->now->pts) + 1;
    /* A container's word is seldom exact: within a second the last picture is held. */
    return frames + second >= film->frames ? film->frames : frames;
}

const AVFrame *pictures_show(struct pictures *p, int64_t frame, int *same) {
    *same = p->has_now;
    while (p->has_next && timeline_slot(p->film, p->next->pts) <= frame) {
        AVFrame *old = p->now;
        p->now = p->next;
        p->next = old;
        p->has_now = 1;
        *same = 0;
        p->has_next = follow(p, p->next);
        p->at_end = !p->has_next;
    }
    if (!p->has_now && p->has_next) {
        /* Before the first picture the first picture is seen. */
        if (av_frame_ref(p->now, p->next) < 0)
            result_fail_av(AVERROR(ENOMEM), "");
        p->has_now = 1;
    }
    return p->has_now && frame < pictures_frames(p) ? p->now : NULL;
}

const AVFrame *pictures_near(struct pictures *p, int64_t us) {
    if (us > p->film->start_us + 500000) {
        if (!seek(p, us))
            return p->next;
        rewind_all(p);
    } else if (!p->from_start || !p->has_next) {
        rewind_all(p);
    } else {
        return p->next;
    }
    p->has_next = follow(p, p->next);
    return p->has_next ? p->next : NULL;
}
