#include "http_edge/send.h"

#include <stdio.h>
#include <string.h>

#include "http_edge/cors.h"
#include "http_edge/range.h"
#include "http_edge/reply.h"
#include "http_edge/segment.h"
#include "http_edge/shard.h"

static void release(struct request *request, bool completed) {
    (void)completed;
    segment_release(request->shard->segments, request->state);
}

/* If-Range: the range counts only while the file is the one that the client has a part of. */
static bool range_holds(const struct request *request, const char *etag) {
    return request->in.range && (!request->in.if_range || !strcmp(request->in.if_range, etag));
}

static void part_headers(struct request *request, const char *type, const char *cache, const char *etag) {
    reply_header(request, "Content-Type", type);
    reply_header(request, "Cache-Control", cache);
    reply_header(request, "ETag", etag);
    reply_header(request, "Accept-Ranges", "bytes");
}

static void outside(struct request *request, uint64_t size) {
    char text[64];
    struct refusal refusal = {
        .status = INVALID, .http = 416, .code = "range-not-satisfiable", .detail = "The file has no such bytes."};
    reply_refusal(request, &refusal);
    snprintf(text, sizeof text, "bytes */%llu", (unsigned long long)size);
    reply_header(request, "Content-Range", text);
}

int send_mapped(struct request *request, const char *name, const char *type, const char *cache) {
    struct segment *segment = segment_hold(request->shard->segments, name, type, cache);
    uint64_t first, count;
    if (!segment)
        return -1;
    request->state = segment;
    request->state_end = release;
    enum range_answer range = range_holds(request, segment->etag) && request->method == METHOD_GET
                                  ? range_read(request->in.range, segment->n, &first, &count)
                                  : RANGE_WHOLE;
    if (reply_unchanged(request, segment->etag)) {
        reply_empty(request, 304);
        reply_header(request, "ETag", segment->etag);
        reply_header(request, "Cache-Control", cache);
    } else if (range == RANGE_OUTSIDE)
        outside(request, segment->n);
    else if (range == RANGE_PART) {
        char text[96];
        snprintf(text, sizeof text, "bytes %llu-%llu/%zu", (unsigned long long)first,
                 (unsigned long long)(first + count - 1), segment->n);
        reply_response(request, 206,
                       MHD_create_response_from_buffer(count, (void *)(segment->at + first), MHD_RESPMEM_PERSISTENT),
                       count);
        if (request->response)
            reply_common(request, request->response);
        part_headers(request, type, cache, segment->etag);
        reply_header(request, "Content-Range", text);
    } else {
        struct MHD_Response *response = segment_response(segment, cors_origin(request->in.origin));
        if (response)
            reply_shared(request, 200, response, segment->n);
    }
    if (!request->response)
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
    return 0;
}
