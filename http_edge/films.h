#ifndef ZOE_EDGE_FILMS_H
#define ZOE_EDGE_FILMS_H

#include "http_edge/cache.h"
#include "protocol/wire/contract.h"

/* Where the films of the last second's titles lie; one for each shard. */
struct films;

struct films *films_new(void);
void films_free(struct films *films);

/* NULL when it is not known or stale; good until the next films_keep(). */
const struct playable_reply *films_find(struct films *films, int64_t title);
void films_keep(struct films *films, const struct playable_reply *film, const struct cache_stamp *stamp);

#endif
