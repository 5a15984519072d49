#include "actors/transcode/playlist.h"

#include <inttypes.h>
#include <stdlib.h>

enum { DEFAULT_BANDWIDTH = 2000000, TARGET_SECONDS = 6 };

static int64_t target_seconds(const struct segment_entry *segments, size_t n) {
    int64_t target = TARGET_SECONDS;
    for (size_t i = 0; i < n; i++) {
        int64_t rounded = (segments[i].duration_us + 500000) / 1000000;
        if (rounded > target)
            target = rounded;
    }
    return target;
}

void playlist_media(const struct segment_entry *segments, size_t n, bool whole, struct buffer *to) {
    buffer_print(to,
                 "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:%" PRId64
                 "\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:%s\n#EXT-X-INDEPENDENT-SEGMENTS\n",
                 target_seconds(segments, n), whole ? "VOD" : "EVENT");
    for (size_t i = 0; i < n; i++)
        buffer_print(to, "#EXTINF:%" PRId64 ".%06" PRId64 ",\nsegment_%03zu.ts\n", segments[i].duration_us / 1000000,
                     segments[i].duration_us % 1000000, i);
    if (whole)
        buffer_text(to, "#EXT-X-ENDLIST\n");
}

static int64_t declared(const struct rendition_entry *rendition, bool whole) {
    return whole || rendition->bandwidth > rendition->ceiling ? rendition->bandwidth : rendition->ceiling;
}

static void variant(const struct rendition_entry *rendition, bool whole, struct buffer *to) {
    uint64_t den = rendition->fps_den ? rendition->fps_den : 1;
    uint64_t rate = (uint64_t)rendition->fps_num * 1000 / den;
    buffer_print(to, "#EXT-X-STREAM-INF:BANDWIDTH=%" PRId64, declared(rendition, whole));
    if (rendition->average > 0)
        buffer_print(to, ",AVERAGE-BANDWIDTH=%" PRId64, rendition->average);
    buffer_print(to, ",CODECS=\"avc1.%06x%s\",RESOLUTION=%ux%u,FRAME-RATE=%" PRIu64 ".%03" PRIu64 "\n%s/index.m3u8\n",
                 rendition->profile & 0xffffff, rendition->audio ? ",mp4a.40.2" : "", rendition->width,
                 rendition->height, rate / 1000, rate % 1000, rendition->name);
}

void playlist_master(const struct rendition_entry *renditions, size_t n, bool whole, struct buffer *to) {
    size_t first = 0;
    for (size_t i = 1; i < n; i++)
        if (llabs(declared(&renditions[i], whole) - DEFAULT_BANDWIDTH) <
            llabs(declared(&renditions[first], whole) - DEFAULT_BANDWIDTH))
            first = i;
    buffer_text(to, "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    if (n)
        variant(&renditions[first], whole, to);
    for (size_t i = 0; i < n; i++)
        if (i != first)
            variant(&renditions[i], whole, to);
}
