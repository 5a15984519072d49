#ifndef ZOE_EDGE_SEGMENT_H
#define ZOE_EDGE_SEGMENT_H

#include <stdbool.h>

#include "http_edge/cors.h"
#include "http_edge/metrics.h"

/* Files of the media store that are asked for again and again: mapped once, with complete responses that requests
 * share. Bounded by bytes; what was not used longest goes first. Files there are replaced, never rewritten, so a
 * mapping stays good; a new file under the same name is noticed within a second. */
struct segments;

struct segment {
    const char *at;
    size_t n;
    char etag[80];
    /* Of 200: without CORS, and for each listed origin. Made when first needed. */
    struct MHD_Response *responses[ORIGINS_MAX + 1];
};

struct segments *segments_new(struct metrics *metrics);
void segments_free(struct segments *segments);

/* NULL with errno when there is no such file (or it is empty), or it is too large to be kept (EFBIG). The caller holds
 * it until segment_release(). `type` and `cache` are header values that stay. */
struct segment *segment_hold(struct segments *segments, const char *name, const char *type, const char *cache);
/* The same of what is there at this moment, and not a second ago: for what grows. */
struct segment *segment_hold_now(struct segments *segments, const char *name, const char *type, const char *cache);
void segment_release(struct segments *segments, struct segment *segment);

/* The same for objects of a store that is a bucket, which were fetched (objects.h). All of them are bounded together,
 * with those that slow clients still read. */
enum { SEGMENT_BYTES_MAX = 32 << 20 };
struct place_get;
/* Holds the object when it is there and fresh: for a second, a minute when it never changes. Otherwise NULL, and *etag,
 * when asked for, is the tag of the stale one, or NULL. */
struct segment *segment_find(struct segments *segments, const char *name, const char **etag);
/* Takes what came; or, when it is unchanged, makes the kept one fresh. 0 or -1. */
int segment_keep(struct segments *segments, const char *name, const char *type, const char *cache,
                 struct place_get *get);
bool segment_known(const struct segments *segments, const char *name);
void segment_forget(struct segments *segments, const char *name);
/* Slow clients hold as much memory as they may. */
bool segments_full(const struct segments *segments);

/* The complete response for an origin (-1: none); belongs to the segment. NULL when memory is out. */
struct MHD_Response *segment_response(struct segment *segment, int origin);

#endif
