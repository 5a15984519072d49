#include "actors/transcode/dash.h"

#include <inttypes.h>

#include "actors/transcode/media/media.h"

enum { VIDEO_SCALE = 90000, GRAIN = 1024, TEXT_BANDWIDTH = 1000 };

/* Equal lengths, one after the other, are one element. */
struct line {
    int64_t begins, ticks, count;
};

static void text(const char *from, struct buffer *to) {
    for (; *from; from++) {
        const char *name = *from == '&'   ? "&amp;"
                           : *from == '<' ? "&lt;"
                           : *from == '>' ? "&gt;"
                           : *from == '"' ? "&quot;"
                                          : NULL;
        if (name)
            buffer_text(to, name);
        else if ((unsigned char)*from >= ' ')
            buffer_add(to, from, 1);
    }
}

static void seconds(int64_t us, struct buffer *to) {
    buffer_print(to, "PT%" PRId64 ".%06" PRId64 "S", us / 1000000, us % 1000000);
}

static void put_line(const struct line *line, struct buffer *to) {
    if (!line->count)
        return;
    buffer_print(to, "<S t=\"%" PRId64 "\" d=\"%" PRId64 "\"", line->begins, line->ticks);
    if (line->count > 1)
        buffer_print(to, " r=\"%" PRId64 "\"", line->count - 1);
    buffer_text(to, "/>");
}

static void add_line(struct line *line, int64_t begins, int64_t ticks, struct buffer *to) {
    if (line->count && line->ticks == ticks) {
        line->count++;
        return;
    }
    put_line(line, to);
    *line = (struct line){begins, ticks, 1};
}

static void template(const char *folder, uint32_t scale, struct buffer *to) {
    buffer_print(to,
                 "<SegmentTemplate timescale=\"%u\" presentationTimeOffset=\"%" PRId64
                 "\" startNumber=\"0\" initialization=\"%s/init.mp4\" media=\"%s/segment_$Number%%03d$.m4s\">"
                 "<SegmentTimeline>",
                 scale, (int64_t)MEDIA_PTS_OFFSET * scale / VIDEO_SCALE, folder, folder);
}

static int64_t frame_ticks(const struct dash *dash, int64_t frame) {
    return MEDIA_PTS_OFFSET + (int64_t)((__int128)frame * VIDEO_SCALE * dash->fps_den / dash->fps_num);
}

static void pictures_lines(const struct dash *dash, struct buffer *to) {
    struct line line = {0};
    int64_t each = media_segment_frames(dash->fps_num, dash->fps_den);
    for (int64_t at = 0; at < dash->frames; at += each) {
        int64_t end = at + each < dash->frames ? at + each : dash->frames, begins = frame_ticks(dash, at);
        add_line(&line, begins, frame_ticks(dash, end) - begins, to);
    }
    put_line(&line, to);
}

/* A segment of sound has whole units; its length in us was rounded. */
static void sound_lines(const struct dash_track *track, struct buffer *to) {
    struct line line = {0};
    int64_t begins = (int64_t)MEDIA_PTS_OFFSET * MEDIA_AUDIO_RATE / VIDEO_SCALE;
    for (size_t i = 0; i < track->n; i++) {
        int64_t samples = track->segments[i].duration_us * MEDIA_AUDIO_RATE / 1000000 + GRAIN / 2;
        int64_t ticks = samples / GRAIN * GRAIN;
        add_line(&line, begins, ticks, to);
        begins += ticks;
    }
    put_line(&line, to);
}

static void pictures(const struct dash *dash, struct buffer *to) {
    const struct master *master = dash->master;
    buffer_text(to, "<AdaptationSet contentType=\"video\" mimeType=\"video/mp4\" segmentAlignment=\"true\" "
                    "startWithSAP=\"1\">\n");
    template("$RepresentationID$", VIDEO_SCALE, to);
    pictures_lines(dash, to);
    buffer_text(to, "</SegmentTimeline></SegmentTemplate>\n");
    for (size_t i = 0; i < master->rendition_count; i++) {
        const struct rendition_entry *is = &master->renditions[i];
        buffer_print(to,
                     "<Representation id=\"%s\" bandwidth=\"%" PRId64
                     "\" codecs=\"avc1.%06x\" width=\"%u\" height=\"%u\" frameRate=\"%u/%u\" sar=\"1:1\"/>\n",
                     is->name, is->bandwidth, is->profile & 0xffffff, is->width, is->height, dash->fps_num,
                     dash->fps_den);
    }
    buffer_text(to, "</AdaptationSet>\n");
}

static void begin_track(const struct track_entry *is, const char *type, const char *mime, struct buffer *to) {
    buffer_print(to, "<AdaptationSet contentType=\"%s\" mimeType=\"%s\"", type, mime);
    if (*is->language) {
        buffer_text(to, " lang=\"");
        text(is->language, to);
        buffer_text(to, "\"");
    }
    buffer_text(to, is->text ? ">\n<Label>" : " segmentAlignment=\"true\" startWithSAP=\"1\">\n<Label>");
    text(is->name, to);
    buffer_print(to, "</Label><Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"%s\"/>\n",
                 is->text && is->forced ? "forced-subtitle"
                 : is->text             ? "subtitle"
                 : is->preferred        ? "main"
                                        : "alternate");
}

static void sound(const struct track_entry *is, const struct dash_track *track, struct buffer *to) {
    char folder[32];
    snprintf(folder, sizeof folder, "audio_%d", is->number);
    begin_track(is, "audio", "audio/mp4", to);
    template(folder, MEDIA_AUDIO_RATE, to);
    sound_lines(track, to);
    buffer_print(to,
                 "</SegmentTimeline></SegmentTemplate>\n<Representation id=\"%s\" bandwidth=\"%" PRId64
                 "\" codecs=\"mp4a.40.2\" audioSamplingRate=\"%d\"><AudioChannelConfiguration "
                 "schemeIdUri=\"urn:mpeg:dash:23003:3:audio_channel_configuration:2011\" value=\"%d\"/>"
                 "</Representation>\n</AdaptationSet>\n",
                 folder, is->bandwidth, MEDIA_AUDIO_RATE, is->channels);
}

static void subtitles(const struct track_entry *is, struct buffer *to) {
    begin_track(is, "text", "text/vtt", to);
    buffer_print(to,
                 "<Representation id=\"text_%d\" bandwidth=\"%" PRId64
                 "\"><BaseURL>text_%d/all.vtt</BaseURL></Representation>\n</AdaptationSet>\n",
                 is->number, is->bandwidth > TEXT_BANDWIDTH ? is->bandwidth : TEXT_BANDWIDTH, is->number);
}

/* DASH-IF IOP, 6.2.6: one image of many pictures. */
static void tiles(const struct dash_tiles *is, struct buffer *to) {
    int64_t ms = is->every_us / 1000 * is->columns * is->rows;
    buffer_print(to,
                 "<AdaptationSet contentType=\"image\" mimeType=\"image/jpeg\">\n<SegmentTemplate timescale=\"1000\" "
                 "duration=\"%" PRId64 "\" startNumber=\"0\" media=\"storyboard_$Number$.jpg\"/>\n<Representation "
                 "id=\"storyboard\" bandwidth=\"%" PRId64 "\" width=\"%u\" height=\"%u\"><EssentialProperty "
                 "schemeIdUri=\"http://dashif.org/guidelines/thumbnail_tile\" value=\"%ux%u\"/></Representation>\n"
                 "</AdaptationSet>\n",
                 ms, (int64_t)is->bytes * 8000 / (ms > 0 ? ms : 1) + 1, is->width * is->columns, is->height * is->rows,
                 is->columns, is->rows);
}

void dash_manifest(const struct dash *dash, struct buffer *to) {
    const struct master *master = dash->master;
    buffer_text(to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" "
                    "profiles=\"urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019\" "
                    "type=\"static\" minBufferTime=\"PT6S\" mediaPresentationDuration=\"");
    seconds(media_frame_us(dash->frames, dash->fps_num, dash->fps_den), to);
    buffer_text(to, "\">\n<Period id=\"0\" start=\"PT0S\">\n");
    pictures(dash, to);
    for (size_t i = 0; i < master->track_count; i++)
        if (master->tracks[i].text)
            subtitles(&master->tracks[i], to);
        else if (dash->tracks[i].n)
            sound(&master->tracks[i], &dash->tracks[i], to);
    if (dash->tiles.width && dash->tiles.every_us > 0)
        tiles(&dash->tiles, to);
    buffer_text(to, "</Period>\n</MPD>\n");
}
