#include "http_edge/names.h"

#include <stddef.h>
#include <string.h>

/* '#' stands for two to six digits, '?' for one or two. */
static bool fits(const char *pattern, const char *name) {
    for (; *pattern; pattern++) {
        if (*pattern != '#' && *pattern != '?') {
            if (*name++ != *pattern)
                return false;
            continue;
        }
        size_t n = strspn(name, "0123456789");
        if (*pattern == '#' ? n < 2 || n > 6 : n < 1 || n > 2)
            return false;
        name += n;
    }
    return !*name;
}

enum name_kind names_kind(const char *file, const char **type) {
    static const struct {
        const char *pattern, *type;
        enum name_kind kind;
    } names[] = {
        {"#p/segment_#.ts", "video/mp2t", NAME_SEGMENT},
        {"#p/index.m3u8", "application/vnd.apple.mpegurl", NAME_PLAYLIST},
        {"master.m3u8", "application/vnd.apple.mpegurl", NAME_PLAYLIST},
        {"poster.jpg", "image/jpeg", NAME_EXTRA},
        {"audio_?/segment_#.ts", "video/mp2t", NAME_SEGMENT},
        {"audio_?/index.m3u8", "application/vnd.apple.mpegurl", NAME_PLAYLIST},
        {"text_?/segment_#.vtt", "text/vtt; charset=utf-8", NAME_SEGMENT},
        {"text_?/index.m3u8", "application/vnd.apple.mpegurl", NAME_PLAYLIST},
        {"#p/keys.m3u8", "application/vnd.apple.mpegurl", NAME_PLAYLIST},
        {"#p/film.mp4", "video/mp4", NAME_SEGMENT},
        {"#p/segment_#.m4s", "video/mp4", NAME_SEGMENT},
        {"#p/init.mp4", "video/mp4", NAME_SEGMENT},
        {"#p/single.m3u8", "application/vnd.apple.mpegurl", NAME_PLAYLIST},
        {"audio_?/segment_#.m4s", "audio/mp4", NAME_SEGMENT},
        {"audio_?/init.mp4", "audio/mp4", NAME_SEGMENT},
        {"text_?/all.vtt", "text/vtt; charset=utf-8", NAME_EXTRA},
        {"manifest.mpd", "application/dash+xml", NAME_MANIFEST},
        {"storyboard.vtt", "text/vtt; charset=utf-8", NAME_EXTRA},
        {"storyboard_?.jpg", "image/jpeg", NAME_EXTRA},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (fits(names[i].pattern, file)) {
            *type = names[i].type;
            return names[i].kind;
        }
    return NAME_NONE;
}

bool names_is_segment(const char *name) {
    return strlen(name) >= sizeof "segment_000.ts" - 1 && fits("segment_#.ts", name);
}

bool names_is_whole_film(const char *name) {
    const char *slash = strrchr(name, '/');
    return slash && !strcmp(slash, "/film.mp4");
}
