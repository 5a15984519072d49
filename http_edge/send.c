#include "http_edge/send.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/store/store.h"
#include "http_edge/cors.h"
#include "http_edge/objects.h"
#include "http_edge/presign.h"
#include "http_edge/range.h"
#include "http_edge/reply.h"
#include "http_edge/segment.h"
#include "http_edge/shard.h"
#include "protocol/node/config.h"

enum { PLAYLIST_BYTES_MAX = 4 << 20 };

static const char ask_again[] = "private, no-cache";

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

static void answer(struct request *request, struct segment *segment, const char *type, const char *cache) {
    uint64_t first, count;
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
}

/* --- from a bucket --- */

/* What is to become of an object that was fetched; in the request's arena. */
struct order {
    const char *name, *type, *cache;
    struct send_signed sign;
    bool signs;
};

static bool presigned(const struct send_signed *sign) {
    return sign && !strcmp(config()->media_delivery, "presigned");
}

static void have_mapped(struct request *request, struct segment *segment) {
    const struct order *order = request->order;
    answer(request, segment, order->type, order->cache);
}

/* Each viewer gets own addresses: they are signed for the time of the viewer's token, so they stay the same while the
 * playlist grows. */
static void have_playlist(struct request *request, struct segment *segment) {
    const struct order *order = request->order;
    struct buffer body = {0};
    char *folder = arena_text(request->arena, order->name), *slash = folder ? strrchr(folder, '/') : NULL;
    if (!order->signs) {
        answer(request, segment, order->type, order->cache);
        return;
    }
    if (slash)
        *slash = 0;
    if (!slash || presign_playlist(segment->at, segment->n, folder, order->sign.when, order->sign.seconds, &body)) {
        buffer_free(&body);
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
        return;
    }
    reply_body(request, 200, order->type, order->cache, &body);
}

static void redirect(struct request *request, const struct order *order) {
    struct buffer url = {0};
    if (place_sign(store_place(), order->name, order->sign.when, order->sign.seconds, &url) || !buffer_string(&url))
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
    else {
        reply_empty(request, 307);
        reply_header(request, "Location", url.at);
        reply_header(request, "Cache-Control", "private, max-age=60");
    }
    buffer_free(&url);
}

static void from_bucket(struct request *request, const struct order *what, void (*missing)(struct request *request),
                        void (*have)(struct request *request, struct segment *segment)) {
    struct order *order = arena_alloc(request->arena, sizeof *order);
    if (order) {
        *order = *what;
        order->name = arena_text(request->arena, what->name);
    }
    if (!order || !order->name) {
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
        return;
    }
    request->order = order;
    objects_get(request, &(struct object_want){order->name, order->type, order->cache, have, missing});
}

/* --- either --- */

void send_mapped(struct request *request, const char *name, const char *type, const char *cache,
                 const struct send_signed *sign, void (*missing)(struct request *request)) {
    struct order order = {.name = name, .type = type, .cache = cache, .signs = presigned(sign)};
    if (store_remote()) {
        if (order.signs)
            order.sign = *sign;
        if (order.signs && strstr(cache, "immutable"))
            redirect(request, &order);
        else
            from_bucket(request, &order, missing, have_mapped);
        return;
    }
    struct segment *segment = segment_hold(request->shard->segments, name, type, cache);
    if (!segment) {
        missing(request);
        return;
    }
    request->state = segment;
    request->state_end = release;
    answer(request, segment, type, cache);
}

static int read_playlist(const char *name, struct stat *stat, struct buffer *body) {
    int fd = store_read(name);
    if (fd < 0)
        return -1;
    char *text = !fstat(fd, stat) && stat->st_size <= PLAYLIST_BYTES_MAX ? malloc((size_t)stat->st_size + 1) : NULL;
    ssize_t n = text ? pread(fd, text, (size_t)stat->st_size, 0) : -1;
    close(fd);
    if (n < 0) {
        free(text);
        return -1;
    }
    *body = (struct buffer){.at = text, .n = (size_t)n, .size = (size_t)stat->st_size + 1};
    return 0;
}

void send_playlist(struct request *request, const char *name, const char *type, const struct send_signed *sign,
                   void (*missing)(struct request *request)) {
    struct stat stat;
    char etag[64];
    struct buffer body = {0};
    if (store_remote()) {
        struct order order = {.name = name, .type = type, .cache = ask_again, .signs = presigned(sign)};
        if (order.signs)
            order.sign = *sign;
        from_bucket(request, &order, missing, have_playlist);
        return;
    }
    if (read_playlist(name, &stat, &body)) {
        missing(request);
        return;
    }
    snprintf(etag, sizeof etag, "\"%llx-%llx-%lx\"", (unsigned long long)stat.st_ino, (unsigned long long)stat.st_size,
             stat.st_mtim.tv_sec * 1000000000 + stat.st_mtim.tv_nsec);
    if (reply_unchanged(request, etag)) {
        buffer_free(&body);
        reply_empty(request, 304);
        reply_header(request, "Cache-Control", ask_again);
    } else
        reply_body(request, 200, type, ask_again, &body);
    reply_header(request, "ETag", etag);
}
