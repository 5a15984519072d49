#ifndef ZOE_TRANSCODE_PLAYLIST_H
#define ZOE_TRANSCODE_PLAYLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/wire/buffer.h"

/* HLS playlists (RFC 8216, Apple's authoring rules). Pure: no file, no clock. */

struct segment_entry {
    int64_t duration_us;
    uint32_t bytes;
    const char *keys; /* "bytes@offset:duration_us ..." of the pictures that stand alone, or NULL */
};

struct rendition_entry {
    const char *name; /* folder: 720p */
    uint32_t width, height, fps_num, fps_den;
    int64_t bandwidth, average; /* measured, bits a second; the larger of it and `ceiling` is declared while growing */
    int64_t ceiling;
    uint32_t profile; /* 0x640028 */
    bool audio;
    int64_t key_bandwidth, key_average; /* of the playlist of key pictures; 0: there is none */
};

struct track_entry {
    bool text; /* subtitles, else sound */
    int number;
    const char *language; /* BCP 47, empty: unknown */
    const char *name;
    int channels;
    bool preferred, forced;
    bool muxed; /* goes with the pictures as well */
    int64_t bandwidth, average;
};

struct master {
    const struct rendition_entry *renditions; /* tallest first */
    size_t rendition_count;
    const struct track_entry *tracks;
    size_t track_count;
    bool whole;
    bool fragments; /* segments of fragmented MP4: no sound goes with the pictures */
};

/* Appends a media playlist of segment_000.EXTENSION... : EVENT while `whole` is false, VOD with ENDLIST when true. m4s
 * have an init.mp4. */
void playlist_media(const struct segment_entry *segments, size_t n, const char *extension, bool whole,
                    struct buffer *to);

/* Appends a playlist of the pictures that stand alone, for seeking; peak and mean go to `rendition`. */
void playlist_keys(const struct segment_entry *segments, size_t n, const char *extension,
                   struct rendition_entry *rendition, struct buffer *to);

/* Appends a master playlist. The rendition nearest to 2 Mbit/s comes first: Apple's players begin with it. */
void playlist_master(const struct master *master, struct buffer *to);

/* Appends a master playlist of one rendition, to lie in its folder: for who asks for one rung where its own playlist
 * would have no sound. */
void playlist_single(const struct master *master, const struct rendition_entry *rendition, struct buffer *to);

#endif
