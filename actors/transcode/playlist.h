#ifndef ZOE_TRANSCODE_PLAYLIST_H
#define ZOE_TRANSCODE_PLAYLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/wire/buffer.h"

/* HLS playlists (RFC 8216). Pure: no file, no clock. */

struct segment_entry {
    int64_t duration_us;
    uint32_t bytes;
};

struct rendition_entry {
    const char *name; /* folder: 720p */
    uint32_t width, height, fps_num, fps_den;
    int64_t bandwidth, average; /* measured, bits a second; the larger of it and `ceiling` is declared while growing */
    int64_t ceiling;
    uint32_t profile; /* 0x640028 */
    bool audio;
};

/* Appends a media playlist of segment_000.ts... : EVENT while `whole` is false, VOD with ENDLIST when it is true. */
void playlist_media(const struct segment_entry *segments, size_t n, bool whole, struct buffer *to);

/* Appends a master playlist. The rendition nearest to 2 Mbit/s comes first: Apple's players begin with it. */
void playlist_master(const struct rendition_entry *renditions, size_t n, bool whole, struct buffer *to);

#endif
