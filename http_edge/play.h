#ifndef ZOE_EDGE_PLAY_H
#define ZOE_EDGE_PLAY_H

#include "http_edge/request.h"
#include "http_edge/token.h"

/* What the ways to a film have in common. */

enum { PLAY_TOKEN_BYTES = 1200 };

/* Writes a token for the request's login: TOKEN_PLAY lives as long as playback addresses do, the others an hour;
 * `asset` is NULL but for TOKEN_PLAY. When it ends, seconds since 1970; 0 when there can be none now. */
int64_t play_token(struct request *request, enum token_kind kind, int64_t title, const char *asset, char *to,
                   size_t size);

/* The film is not in our store: at YouTube, or at an address. */
bool play_elsewhere(const struct playable_reply *film);

/* Whether this may be a folder of the store. */
bool play_asset_name(const char *name);

/* For shapes (template.h): a TOKEN_STREAM or TOKEN_WATCH of the request `self`. */
void watch_token(void *self, bool stream, int64_t title, struct buffer *to);

#endif
