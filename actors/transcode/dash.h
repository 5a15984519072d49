#ifndef ZOE_TRANSCODE_DASH_H
#define ZOE_TRANSCODE_DASH_H

#include "actors/transcode/playlist.h"

/* The manifest of a film that is whole (ISO/IEC 23009-1, profile isoff-live), over the segments that its playlists
 * name. Pure. */

/* The segments of a track of sound; none of subtitles, which are one file. */
struct dash_track {
    const struct segment_entry *segments;
    size_t n;
};

/* The storyboard: storyboard_0.jpg, each picture `every_us` long. */
struct dash_tiles {
    uint32_t width, height; /* of one; 0: there is none */
    uint32_t columns, rows;
    int64_t every_us;
    uint32_t bytes;
};

struct dash {
    const struct master *master;
    const struct dash_track *tracks; /* of master->tracks */
    uint32_t fps_num, fps_den;
    int64_t frames;
    struct dash_tiles tiles;
};

void dash_manifest(const struct dash *dash, struct buffer *to);

#endif
