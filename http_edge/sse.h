#ifndef ZOE_EDGE_SSE_H
#define ZOE_EDGE_SSE_H

#include "http_edge/request.h"

/* One stream of server-sent events: what was said and not sent yet, heart-beats, the end. Embed it first in a struct of
 * your own. */
struct sse {
    struct request *request;
    struct buffer out; /* append to it, then sse_wake() */
    size_t sent;       /* bytes of `out` that MHD has */
    int64_t said_ms;
    bool ended; /* nothing more comes: the stream closes when `out` is sent */
};

/* Answers the request with the stream; refuses when memory is out. */
void sse_start(struct sse *sse, struct request *request);
/* What was appended goes out. A reader that is too slow is given up. */
void sse_wake(struct sse *sse);
/* Says that we live when nothing was said for long. */
void sse_beat(struct sse *sse, int64_t now_ms);
void sse_end(struct sse *sse);
void sse_free(struct sse *sse);

#endif
