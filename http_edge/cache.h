#ifndef ZOE_EDGE_CACHE_H
#define ZOE_EDGE_CACHE_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Answers that are the same for everyone, kept by one shard for a moment. An answer carries tags; touching a tag makes
 * every answer with it stale, in all shards of this process at once (the tags' versions are shared), in other
 * processes by hints of the bus, everywhere by the short time limit. */
struct cache;

enum { CACHE_TAGS_MAX = 4, CACHE_KEY_MAX = 600 };

/* Versions of an answer's tags, taken before it was asked for. */
struct cache_stamp {
    uint64_t tags[CACHE_TAGS_MAX];
    uint32_t versions[CACHE_TAGS_MAX];
    unsigned count;
};

struct cached {
    struct MHD_Response *response; /* complete, for requests without an Origin */
    const char *body;
    size_t n;
    char etag[64];
};

struct cache *cache_new(void);
void cache_free(struct cache *cache);

uint64_t cache_tag(const char *text, size_t n);
void cache_touch(uint64_t tag);
void cache_stamp_add(struct cache_stamp *stamp, uint64_t tag);
/* No tag was touched since. */
bool cache_stamp_holds(const struct cache_stamp *stamp);

/* A fresh answer, NULL when there is none; good until the next call of cache_keep(). */
const struct cached *cache_find(struct cache *cache, const char *key, size_t key_bytes);

/* Keeps a copy of `body` and takes `response`. */
void cache_keep(struct cache *cache, const char *key, size_t key_bytes, const struct cache_stamp *stamp,
                const char *body, size_t n, const char *etag, struct MHD_Response *response);

#endif
