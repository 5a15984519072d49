#ifndef ZOE_EDGE_BODY_H
#define ZOE_EDGE_BODY_H

#include "http_edge/request.h"

/* A request's body made into an ask, and answers that need more than one. */

/* Reads the body and lets it choose among the dialects that claim its path. False with a refusal made. */
bool body_choose(struct request *request);

/* Reads the JSON body. False with a refusal made. */
bool body_read(struct request *request);

/* The ask of the route by its take mapping, in the arena; NULL with a refusal made. A struct of zeros without one. */
void *body_take(struct request *request);

/* Whether every parameter of the query is one that the route takes, where the dialect insists; else a refusal is made.
 */
bool body_query_known(struct request *request);

/* Bytes that the route's JSON body may have. */
size_t body_limit(const struct route *route);

/* Answers with what the cache has. */
void body_reply_cached(struct request *request, const struct cached *cached);

/* Adds a page's items to those before it; asks for the next one, or answers with all. */
void body_next_page(struct request *request, void *page, void (*step)(struct request *request));

#endif
