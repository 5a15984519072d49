#ifndef ZOE_EDGE_BODY_H
#define ZOE_EDGE_BODY_H

#include "http_edge/request.h"

/* A request's head and body made into an ask. */

/* Reads the head, finds the route, judges the form. A refusal is already the request's response. NULL: no memory. */
struct request *body_begin(struct shard *shard, struct MHD_Connection *connection, const char *url, const char *method,
                           const char *version);

/* The ask of the route by its take mapping, in the arena; NULL with a refusal made. A struct of zeros without one. */
void *body_take(struct request *request);

/* Answers with what the cache has. */
void body_reply_cached(struct request *request, const struct cached *cached);

/* Adds a page's items to those before it; asks for the next one, or answers with all. */
void body_next_page(struct request *request, void *page, void (*step)(struct request *request));

/* Decodes %XX; -1 when it is not valid UTF-8 without NUL or does not fit. `plus`: + is a blank. */
int body_decode_text(const char *from, size_t n, bool plus, char *to, size_t size);

#endif
