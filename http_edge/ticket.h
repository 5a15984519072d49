#ifndef ZOE_EDGE_TICKET_H
#define ZOE_EDGE_TICKET_H

#include "http_edge/request.h"
#include "http_edge/token.h"

/* Tokens that open films, for the login of a request. */

enum { TICKET_BYTES = 1200 };

/* Writes one: TOKEN_PLAY lives as long as playback addresses do, the others an hour; `asset` is NULL but for
 * TOKEN_PLAY. When it ends, seconds since 1970; 0 when there can be none now. */
int64_t ticket_write(struct request *request, enum token_kind kind, int64_t title, const char *asset, char *to,
                     size_t size);

/* For shapes (template.h): a TOKEN_STREAM or TOKEN_WATCH of the request `self`. */
void ticket_add(void *self, bool stream, int64_t title, struct buffer *to);

#endif
