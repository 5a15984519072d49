#ifndef ZOE_EDGE_SEGMENT_H
#define ZOE_EDGE_SEGMENT_H

#include "http_edge/cors.h"
#include "http_edge/metrics.h"

/* Files of the media store that are asked for again and again: mapped once, with complete responses that requests
 * share. Bounded by bytes; what was not used longest goes first. Files there are replaced, never rewritten, so a
 * mapping stays good; a new file under the same name is noticed within a second. */
struct segments;

struct segment {
    const char *at;
    size_t n;
    char etag[48];
    /* Of 200: without CORS, and for each listed origin. Made when first needed. */
    struct MHD_Response *responses[ORIGINS_MAX + 1];
};

struct segments *segments_new(struct metrics *metrics);
void segments_free(struct segments *segments);

/* NULL with errno when there is no such file (or it is empty or too large to be kept: EFBIG). The caller holds it until
 * segment_release(). `type` and `cache` are header values that stay. */
struct segment *segment_hold(struct segments *segments, const char *name, const char *type, const char *cache);
void segment_release(struct segments *segments, struct segment *segment);

/* The complete response for an origin (-1: none); belongs to the segment. NULL when memory is out. */
struct MHD_Response *segment_response(struct segment *segment, int origin);

#endif
