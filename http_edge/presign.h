#ifndef ZOE_EDGE_PRESIGN_H
#define ZOE_EDGE_PRESIGN_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/wire/buffer.h"

/* Appends a media playlist (RFC 8216) whose segments are addresses of the store itself, signed for `seconds` from
 * `when` on. `folder` is where the playlist lies in the store. Lines that name other playlists stay as they are. 0 or
 * -1. */
int presign_playlist(const char *text, size_t n, const char *folder, int64_t when, int64_t seconds, struct buffer *to);

#endif
