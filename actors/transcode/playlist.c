#include "actors/transcode/playlist.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_BANDWIDTH = 2000000, TARGET_SECONDS = 6, KEY_TARGET_SECONDS = 2, SURROUND_CHANNELS = 6 };

/* The tables of a transport stream: what a player needs before a key picture taken out of the middle. */
#define TABLES_BYTES 376

static int64_t target_seconds(const struct segment_entry *segments, size_t n) {
    int64_t target = TARGET_SECONDS;
    for (size_t i = 0; i < n; i++) {
        int64_t rounded = (segments[i].duration_us + 500000) / 1000000;
        if (rounded > target)
            target = rounded;
    }
    return target;
}

static void extinf(int64_t duration_us, struct buffer *to) {
    buffer_print(to, "#EXTINF:%" PRId64 ".%06" PRId64 ",\n", duration_us / 1000000, duration_us % 1000000);
}

static bool is_fragments(const char *extension) {
    return !strcmp(extension, "m4s");
}

void playlist_media(const struct segment_entry *segments, size_t n, const char *extension, bool whole,
                    struct buffer *to) {
    buffer_print(to,
                 "#EXTM3U\n#EXT-X-VERSION:%d\n#EXT-X-TARGETDURATION:%" PRId64
                 "\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:%s\n#EXT-X-INDEPENDENT-SEGMENTS\n",
                 is_fragments(extension) ? 7 : 6, target_seconds(segments, n), whole ? "VOD" : "EVENT");
    if (is_fragments(extension))
        buffer_text(to, "#EXT-X-MAP:URI=\"init.mp4\"\n");
    for (size_t i = 0; i < n; i++) {
        extinf(segments[i].duration_us, to);
        buffer_print(to, "segment_%03zu.%s\n", i, extension);
    }
    if (whole)
        buffer_text(to, "#EXT-X-ENDLIST\n");
}

struct key {
    int64_t bytes, offset, duration_us;
};

/* Reads one "bytes@offset:duration_us" and moves on; false at the end, or where it is none. */
static bool key_next(const char **at, struct key *key) {
    char *end;
    key->bytes = strtoll(*at, &end, 10);
    if (end == *at || *end != '@')
        return false;
    key->offset = strtoll(end + 1, &end, 10);
    if (*end != ':')
        return false;
    key->duration_us = strtoll(end + 1, &end, 10);
    *at = end;
    return key->bytes > 0 && key->bytes <= UINT32_MAX && key->offset >= 0 && key->duration_us > 0;
}

void playlist_keys(const struct segment_entry *segments, size_t n, const char *extension,
                   struct rendition_entry *rendition, struct buffer *to) {
    double bits = 0, seconds = 0, peak = 0;
    buffer_print(to,
                 "#EXTM3U\n#EXT-X-VERSION:%d\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:0\n"
                 "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-I-FRAMES-ONLY\n",
                 is_fragments(extension) ? 7 : 6, KEY_TARGET_SECONDS);
    if (is_fragments(extension))
        buffer_text(to, "#EXT-X-MAP:URI=\"init.mp4\"\n");
    else
        buffer_print(to, "#EXT-X-MAP:URI=\"segment_000.ts\",BYTERANGE=\"%d@0\"\n", TABLES_BYTES);
    for (size_t i = 0; i < n; i++) {
        struct key key;
        for (const char *at = segments[i].keys ? segments[i].keys : ""; key_next(&at, &key);) {
            double key_bits = (double)key.bytes * 8, length = (double)key.duration_us / 1e6;
            extinf(key.duration_us, to);
            buffer_print(to, "#EXT-X-BYTERANGE:%" PRId64 "@%" PRId64 "\nsegment_%03zu.%s\n", key.bytes, key.offset, i,
                         extension);
            bits += key_bits;
            seconds += length;
            if (key_bits / length > peak)
                peak = key_bits / length;
        }
    }
    buffer_text(to, "#EXT-X-ENDLIST\n");
    rendition->key_bandwidth = (int64_t)peak;
    rendition->key_average = seconds > 0 ? (int64_t)(bits / seconds) : 0;
}

static int64_t declared(const struct rendition_entry *rendition, bool whole) {
    return whole || rendition->bandwidth > rendition->ceiling ? rendition->bandwidth : rendition->ceiling;
}

static bool surround(const struct track_entry *track) {
    return !track->text && track->channels >= SURROUND_CHANNELS;
}

static const char *group(const struct track_entry *track) {
    return track->text ? "subtitles" : surround(track) ? "surround" : "audio";
}

/* What a variant of this group may need besides its own segments: the largest of the sounds that are not in them. */
static void besides(const struct master *master, bool with_surround, int64_t *bandwidth, int64_t *average) {
    *bandwidth = *average = 0;
    for (size_t i = 0; i < master->track_count; i++) {
        const struct track_entry *track = &master->tracks[i];
        if (track->text || track->muxed || surround(track) != with_surround)
            continue;
        if (track->bandwidth > *bandwidth)
            *bandwidth = track->bandwidth;
        if (track->average > *average)
            *average = track->average;
    }
}

static bool any(const struct master *master, bool text, bool with_surround) {
    for (size_t i = 0; i < master->track_count; i++)
        if (master->tracks[i].text == text && (text || surround(&master->tracks[i]) == with_surround))
            return true;
    return false;
}

/* `up` leads from the playlist to the film's folder. */
static void media(const struct track_entry *track, const char *up, struct buffer *to) {
    buffer_print(to, "#EXT-X-MEDIA:TYPE=%s,GROUP-ID=\"%s\",NAME=\"%s\"", track->text ? "SUBTITLES" : "AUDIO",
                 group(track), track->name);
    if (*track->language)
        buffer_print(to, ",LANGUAGE=\"%s\"", track->language);
    buffer_print(to, ",DEFAULT=%s,AUTOSELECT=YES", track->preferred ? "YES" : "NO");
    if (track->text)
        buffer_print(to, ",FORCED=%s,URI=\"%stext_%d/index.m3u8\"", track->forced ? "YES" : "NO", up, track->number);
    else
        buffer_print(to, ",CHANNELS=\"%d\"", track->channels);
    if (!track->text && !track->muxed)
        buffer_print(to, ",URI=\"%saudio_%d/index.m3u8\"", up, track->number);
    buffer_text(to, "\n");
}

static void codecs(const struct rendition_entry *rendition, bool audio, struct buffer *to) {
    buffer_print(to, ",CODECS=\"avc1.%06x%s\",RESOLUTION=%ux%u", rendition->profile & 0xffffff,
                 audio ? ",mp4a.40.2" : "", rendition->width, rendition->height);
}

static void variant(const struct master *master, const struct rendition_entry *rendition, bool with_surround,
                    const char *up, struct buffer *to) {
    uint64_t den = rendition->fps_den ? rendition->fps_den : 1;
    uint64_t rate = (uint64_t)rendition->fps_num * 1000 / den;
    int64_t more, more_average;
    besides(master, with_surround, &more, &more_average);
    buffer_print(to, "#EXT-X-STREAM-INF:BANDWIDTH=%" PRId64, declared(rendition, master->whole) + more);
    if (rendition->average > 0)
        buffer_print(to, ",AVERAGE-BANDWIDTH=%" PRId64, rendition->average + more_average);
    codecs(rendition, rendition->audio, to);
    buffer_print(to, ",FRAME-RATE=%" PRIu64 ".%03" PRIu64, rate / 1000, rate % 1000);
    if (any(master, false, with_surround))
        buffer_print(to, ",AUDIO=\"%s\"", with_surround ? "surround" : "audio");
    if (any(master, true, false))
        buffer_text(to, ",SUBTITLES=\"subtitles\"");
    buffer_print(to, ",CLOSED-CAPTIONS=NONE\n%s%s/index.m3u8\n", up, rendition->name);
}

/* For who only listens, or for whom any picture is too much. */
static void sound_alone(const struct master *master, const struct track_entry *track, struct buffer *to) {
    buffer_print(to, "#EXT-X-STREAM-INF:BANDWIDTH=%" PRId64 ",AVERAGE-BANDWIDTH=%" PRId64 ",CODECS=\"mp4a.40.2\"",
                 track->bandwidth, track->average);
    buffer_print(to, ",AUDIO=\"%s\"", group(track));
    if (any(master, true, false))
        buffer_text(to, ",SUBTITLES=\"subtitles\"");
    buffer_print(to, "\naudio_%d/index.m3u8\n", track->number);
}

static void key_pictures(const struct rendition_entry *rendition, struct buffer *to) {
    buffer_print(to, "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=%" PRId64 ",AVERAGE-BANDWIDTH=%" PRId64,
                 rendition->key_bandwidth, rendition->key_average);
    codecs(rendition, false, to);
    buffer_print(to, ",URI=\"%s/keys.m3u8\"\n", rendition->name);
}

static size_t begin_with(const struct master *master) {
    const struct rendition_entry *r = master->renditions;
    size_t first = 0;
    for (size_t i = 1; i < master->rendition_count; i++)
        if (llabs(declared(&r[i], master->whole) - DEFAULT_BANDWIDTH) <
            llabs(declared(&r[first], master->whole) - DEFAULT_BANDWIDTH))
            first = i;
    return first;
}

static void begin_master(const struct master *master, const char *up, struct buffer *to) {
    buffer_print(to, "#EXTM3U\n#EXT-X-VERSION:%d\n#EXT-X-INDEPENDENT-SEGMENTS\n", master->fragments ? 7 : 6);
    for (size_t i = 0; i < master->track_count; i++)
        if (!*up || !surround(&master->tracks[i]))
            media(&master->tracks[i], up, to);
}

void playlist_single(const struct master *master, const struct rendition_entry *rendition, struct buffer *to) {
    begin_master(master, "../", to);
    variant(master, rendition, false, "../", to);
}

void playlist_master(const struct master *master, struct buffer *to) {
    size_t first = begin_with(master);
    begin_master(master, "", to);
    int groups = any(master, false, true) ? 2 : 1;
    for (int with_surround = 0; with_surround < groups; with_surround++) {
        if (master->rendition_count)
            variant(master, &master->renditions[first], with_surround, "", to);
        for (size_t i = 0; i < master->rendition_count; i++)
            if (i != first)
                variant(master, &master->renditions[i], with_surround, "", to);
    }
    for (size_t i = 0; i < master->track_count; i++)
        if (!master->tracks[i].text && master->tracks[i].number == 0)
            sound_alone(master, &master->tracks[i], to);
    for (size_t i = 0; i < master->rendition_count; i++)
        if (master->renditions[i].key_bandwidth > 0)
            key_pictures(&master->renditions[i], to);
}
