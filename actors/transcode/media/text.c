#include "actors/transcode/media/result.h"
#include "actors/transcode/media/source.h"
#include "actors/transcode/media/timeline.h"
#include "actors/transcode/media/tracks.h"
#include "actors/transcode/media/verbs.h"
#include "protocol/wire/buffer.h"
#include <stdlib.h>

/* Subtitles of any kind as WebVTT, in as many segments as the film has. */

#define CUES_MAX      100000
#define LETTERS_MAX   (16u << 20)
#define CUE_BYTES_MAX 4000
#define LEAD_US       500000
#define LONG_US       30000000ll /* of a cue that does not say when it ends */

struct cue {
    int64_t from_us; /* on the timeline */
    int64_t to_us;
    size_t order;
    char *text;
};

struct reader {
    const struct job_film *film;
    struct source source;
    AVStream *stream;
    AVCodecContext *decoder;
    struct cue *cues;
    size_t count, room, letters;
};

/* A style that WebVTT has as well: {\\i1} is <i>. Returns the tag, or NULL. */
static const char *style(const char *at, const char *end) {
    static const struct {
        const char *from, *to;
    } styles[] = {{"\\i1", "<i>"},  {"\\i0", "</i>"}, {"\\b1", "<b>"},
                  {"\\b0", "</b>"}, {"\\u1", "<u>"},  {"\\u0", "</u>"}};
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
        if (end - at == 3 && !memcmp(at, styles[i].from, 3))
            return styles[i].to;
    return NULL;
}

/* What stands in braces: {\\an8\\i1}. After {\\p1} come the lines of a drawing, which are not to be read. */
static int override(const char *at, const char *end, struct buffer *to, int drawing) {
    for (const char *next; at < end; at = next) {
        for (next = at + 1; next < end && *next != '\\'; next++)
            ;
        const char *tag = style(at, next);
        if (tag)
            buffer_text(to, tag);
        if (next - at > 2 && at[1] == 'p' && at[2] >= '0' && at[2] <= '9')
            drawing = at[2] != '0';
    }
    return drawing;
}

static void letter(struct buffer *to, const char **at) {
    const char *from = *at;
    if (from[0] == '\\' && (from[1] == 'N' || from[1] == 'n')) {
        /* A blank line would end the cue. */
        if (to->n && to->at[to->n - 1] != '\n')
            buffer_add(to, "\n", 1);
        (*at)++;
    } else if (from[0] == '\\' && from[1] == 'h') {
        buffer_add(to, " ", 1);
        (*at)++;
    } else if (*from == '&') {
        buffer_text(to, "&amp;");
    } else if (*from == '<') {
        buffer_text(to, "&lt;");
    } else if (*from == '>') {
        buffer_text(to, "&gt;");
    } else if ((unsigned char)*from >= ' ') {
        buffer_add(to, from, 1);
    }
}

/* The text of a SubStation event, which libavcodec makes of every kind: after eight commas, with styles in braces. In
 * `own`, what was SubStation before, all that stands in braces is for its author. */
static void translate(const char *event, int own, struct buffer *to) {
    for (int commas = 0; commas < 8; event++) {
        if (!*event)
            return;
        commas += *event == ',';
    }
    int drawing = 0;
    for (const char *at = event; *at && to->n < CUE_BYTES_MAX; at++) {
        const char *end = *at == '{' && (own || at[1] == '\\') ? strchr(at, '}') : NULL;
        if (end) {
            drawing = override(at + 1, end, to, drawing);
            at = end;
        } else if (!drawing) {
            letter(to, &at);
        }
    }
    while (to->n && (to->at[to->n - 1] == '\n' || to->at[to->n - 1] == ' '))
        to->n--;
}

static void add(struct reader *r, int64_t from_us, int64_t to_us, const char *event) {
    struct buffer text = {0};
    enum AVCodecID codec = r->stream->codecpar->codec_id;
    translate(event, codec == AV_CODEC_ID_ASS || codec == AV_CODEC_ID_SSA, &text);
    if (text.failed)
        result_fail_av(AVERROR(ENOMEM), "");
    if (text.n && r->count < CUES_MAX && r->letters + text.n < LETTERS_MAX && to_us > 0 && to_us > from_us) {
        if (r->count == r->room) {
            r->room = 2 * r->room + 256;
            r->cues = result_need(realloc(r->cues, r->room * sizeof *r->cues));
        }
        buffer_add(&text, "", 1);
        r->letters += text.n;
        r->cues[r->count] = (struct cue){from_us < 0 ? 0 : from_us, to_us, r->count, result_need(text.at)};
        r->count++;
    } else {
        buffer_free(&text);
    }
}

static void take(struct reader *r, AVPacket *packet) {
    AVSubtitle subtitle;
    int got = 0;
    int64_t from_us = source_us(r->stream, packet->pts), length = source_us(r->stream, packet->duration);
    if (from_us == AV_NOPTS_VALUE || avcodec_decode_subtitle2(r->decoder, &subtitle, &got, packet) < 0 || !got)
        return;
    if (length == AV_NOPTS_VALUE || length <= 0)
        length = subtitle.end_display_time && subtitle.end_display_time != UINT32_MAX
                     ? subtitle.end_display_time * 1000ll
                     : LONG_US;
    from_us -= r->film->zero_us;
    for (unsigned i = 0; i < subtitle.num_rects; i++)
        if (subtitle.rects[i]->ass)
            add(r, from_us, from_us + length, subtitle.rects[i]->ass);
    avsubtitle_free(&subtitle);
}

static void read_all(struct reader *r) {
    AVPacket *packet = result_need(av_packet_alloc());
    while (source_read(&r->source, packet)) {
        if (packet->stream_index == r->stream->index)
            take(r, packet);
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
}

static int earlier(const void *a, const void *b) {
    const struct cue *x = a, *y = b;
    return x->from_us != y->from_us ? x->from_us < y->from_us ? -1 : 1 : x->order < y->order ? -1 : x->order > y->order;
}

static void print_time(struct buffer *to, int64_t us) {
    int64_t ms = (us + 500) / 1000;
    buffer_print(to, "%02" PRId64 ":%02" PRId64 ":%02" PRId64 ".%03" PRId64, ms / 3600000, ms / 60000 % 60,
                 ms / 1000 % 60, ms % 1000);
}

static void print_cue(struct buffer *to, const struct cue *cue) {
    buffer_text(to, "\n");
    print_time(to, cue->from_us);
    buffer_text(to, " --> ");
    print_time(to, cue->to_us);
    buffer_print(to, "\n%s\n", cue->text);
}

/* A cue that lasts beyond its segment stands in the next one as well, with the same times (RFC 8216, 3.5). */
static void send_segment(const struct reader *r, int64_t index) {
    const struct job_film *film = r->film;
    int64_t each = timeline_segment_frames(film), last = (index + 1) * each;
    int64_t from = media_frame_us(index * each, film->fps_num, film->fps_den),
            to = media_frame_us(last < film->frames ? last : film->frames, film->fps_num, film->fps_den);
    struct buffer text = {0};
    buffer_print(&text, "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:%d,LOCAL:00:00:00.000\n", MEDIA_PTS_OFFSET);
    for (size_t i = 0; i < r->count && r->cues[i].from_us < to; i++) {
        if (r->cues[i].to_us <= from)
            continue;
        print_cue(&text, &r->cues[i]);
    }
    if (text.failed || text.n > MEDIA_PAYLOAD_MAX_BYTES)
        result_fail_av(AVERROR(ENOMEM), "");
    result_send((struct media_frame){.kind = MEDIA_SEGMENT, .index = (uint32_t)index, .a = to - from}, text.at, text.n);
    buffer_free(&text);
}

/* All of it in one file, for who has no use for segments. */
static void send_whole(const struct reader *r) {
    struct buffer text = {0};
    buffer_text(&text, "WEBVTT\n");
    for (size_t i = 0; i < r->count; i++)
        print_cue(&text, &r->cues[i]);
    if (text.failed || text.n > MEDIA_PAYLOAD_MAX_BYTES)
        result_fail_av(AVERROR(ENOMEM), "");
    result_send((struct media_frame){.kind = MEDIA_TEXT}, text.at, text.n);
    buffer_free(&text);
}

static void open_stream(struct reader *r, int number) {
    if (number >= 0) {
        source_open(&r->source);
        r->stream = source_stream(&r->source, number, AVMEDIA_TYPE_SUBTITLE);
    } else {
        source_open_text(&r->source);
        r->stream = r->source.format->nb_streams ? source_stream(&r->source, 0, AVMEDIA_TYPE_SUBTITLE) : NULL;
    }
    r->decoder = r->stream && tracks_is_text(r->stream) ? source_decoder(r->stream) : NULL;
    if (!r->decoder)
        result_fail(MEDIA_BLAME_FILM, "The subtitles are stored in a way we cannot read.");
    source_use(&r->source, r->stream, NULL);
    if (number >= 0 && r->film->exact == MEDIA_EXACT_JUMPS)
        source_stitch(&r->source, r->film->video_stream, r->film->audio_stream);
}

void verb_text(const struct job *job) {
    struct reader r = {.film = &job->film};
    struct job_film own = job->film;
    /* A file of its own counts from the first picture, unless the film begins with a while of sound alone. */
    if (job->stream < 0) {
        int64_t lead = own.start_us - own.zero_us;
        own.zero_us = lead < LEAD_US ? -lead : 0;
        r.film = &own;
    }
    open_stream(&r, job->stream);
    read_all(&r);
    if (!r.count && job->stream < 0)
        result_fail(MEDIA_BLAME_FILM, "There is no line of text in these subtitles.");
    if (r.count)
        qsort(r.cues, r.count, sizeof *r.cues, earlier);
    for (int64_t i = 0; i < timeline_segments(&job->film); i++)
        send_segment(&r, i);
    if (job->fragments)
        send_whole(&r);
    for (size_t i = 0; i < r.count; i++)
        free(r.cues[i].text);
    free(r.cues);
    avcodec_free_context(&r.decoder);
    source_close(&r.source);
}
