#include "http_edge/send.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/store/store.h"
#include "http_edge/cors.h"
#include "http_edge/large.h"
#include "http_edge/names.h"
#include "http_edge/objects.h"
#include "http_edge/presign.h"
#include "http_edge/range.h"
#include "http_edge/reply.h"
#include "http_edge/segment.h"
#include "http_edge/shard.h"
#include "protocol/node/config.h"

/* Of playlists that are written for one viewer and not sent yet. */
enum { OWN_BYTES_MAX = 256 << 20 };

static const char ask_again[] = "private, no-cache";

static void release(struct request *request, bool completed) {
    (void)completed;
    segment_release(request->shard->segments, request->state);
}

/* If-Range: the range counts only while the file is the one that the client has a part of. */
static bool range_holds(const struct request *request, const char *etag) {
    return request->in.range && (!request->in.if_range || !strcmp(request->in.if_range, etag));
}

void send_describe(struct request *request, const struct send_what *what, uint64_t first, uint64_t count) {
    char text[96];
    if (!request->response)
        return;
    reply_common(request, request->response);
    reply_header(request, "Content-Type", what->type);
    reply_header(request, "Cache-Control", what->cache);
    reply_header(request, "ETag", what->etag);
    reply_header(request, "Accept-Ranges", "bytes");
    snprintf(text, sizeof text, "bytes %llu-%llu/%llu", (unsigned long long)first,
             (unsigned long long)(first + count - 1), (unsigned long long)what->size);
    if (request->http == 206)
        reply_header(request, "Content-Range", text);
}

static void outside(struct request *request, uint64_t size) {
    char text[64];
    struct refusal refusal = {
        .status = INVALID, .http = 416, .code = "range-not-satisfiable", .detail = "The file has no such bytes."};
    reply_refusal(request, &refusal);
    snprintf(text, sizeof text, "bytes */%llu", (unsigned long long)size);
    reply_header(request, "Content-Range", text);
}

bool send_judge(struct request *request, const struct send_what *what, uint64_t *first, uint64_t *count, int *http) {
    enum range_answer range = range_holds(request, what->etag) && request->method == METHOD_GET
                                  ? range_read(request->in.range, what->size, first, count)
                                  : RANGE_WHOLE;
    if (reply_unchanged(request, what->etag)) {
        reply_empty(request, 304);
        reply_header(request, "ETag", what->etag);
        reply_header(request, "Cache-Control", what->cache);
        return false;
    }
    if (range == RANGE_OUTSIDE) {
        outside(request, what->size);
        return false;
    }
    if (range == RANGE_WHOLE) {
        *first = 0;
        *count = what->size;
    }
    *http = range == RANGE_PART ? 206 : 200;
    return true;
}

static void answer(struct request *request, struct segment *segment, const char *type, const char *cache) {
    uint64_t first, count;
    int http;
    struct send_what what = {type, cache, segment->etag, segment->n};
    if (!send_judge(request, &what, &first, &count, &http))
        return;
    if (http == 206) {
        reply_response(request, 206,
                       MHD_create_response_from_buffer(count, (void *)(segment->at + first), MHD_RESPMEM_PERSISTENT),
                       count);
        send_describe(request, &what, first, count);
    } else {
        struct MHD_Response *response = segment_response(segment, cors_origin(request->in.origin));
        if (response)
            reply_shared(request, 200, response, segment->n);
    }
    if (!request->response)
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
}

static void answer_held(struct request *request, struct segment *segment, const char *type, const char *cache) {
    request->state = segment;
    request->state_end = release;
    answer(request, segment, type, cache);
}

static void file_tag(const struct stat *stat, char etag[64]) {
    snprintf(etag, 64, "\"%llx-%llx-%lx\"", (unsigned long long)stat->st_ino, (unsigned long long)stat->st_size,
             stat->st_mtim.tv_sec * 1000000000 + stat->st_mtim.tv_nsec);
}

/* One that is too large to be kept among the segments: straight from the disk. */
static void answer_file(struct request *request, const char *name, const char *type, const char *cache,
                        void (*missing)(struct request *request)) {
    struct stat stat;
    char etag[64];
    uint64_t first, count;
    int http, fd = store_read(name);
    if (fd < 0 || fstat(fd, &stat) || !S_ISREG(stat.st_mode)) {
        if (fd >= 0)
            close(fd);
        missing(request);
        return;
    }
    file_tag(&stat, etag);
    struct send_what what = {type, cache, etag, (uint64_t)stat.st_size};
    if (!send_judge(request, &what, &first, &count, &http)) {
        close(fd);
        return;
    }
    struct MHD_Response *response = MHD_create_response_from_fd_at_offset64(count, fd, first);
    if (!response) {
        close(fd);
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
        return;
    }
    reply_response(request, http, response, count);
    send_describe(request, &what, first, count);
}

/* --- from a bucket --- */

/* What is to become of an object that was fetched; in the request's arena. */
struct order {
    const char *name, *type, *cache;
    struct send_signed sign;
    bool signs;
};

bool send_presigns(void) {
    return store_remote() && !strcmp(config()->media_delivery, "presigned");
}

static bool presigned(const struct send_signed *sign) {
    return sign && send_presigns();
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
    bool made =
        slash && !presign_playlist(segment->at, segment->n, folder, order->sign.when, order->sign.seconds, &body);
    bool fits = request->shard->own_bytes + (int64_t)body.size <= OWN_BYTES_MAX;
    if (!made || !fits) {
        buffer_free(&body);
        reply_refuse(request, made ? BUSY : UNAVAILABLE, NULL, NULL);
        return;
    }
    request->own_bytes = (int64_t)body.size;
    request->shard->own_bytes += request->own_bytes;
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
        else if (names_is_whole_film(name))
            large_get(request, &(struct large_want){name, type, cache, missing});
        else
            from_bucket(request, &order, missing, have_mapped);
        return;
    }
    struct segment *segment = segment_hold(request->shard->segments, name, type, cache);
    if (segment)
        answer_held(request, segment, type, cache);
    else if (errno == EFBIG)
        answer_file(request, name, type, cache, missing);
    else
        missing(request);
}

void send_playlist(struct request *request, const char *name, const char *type, const struct send_signed *sign,
                   void (*missing)(struct request *request)) {
    if (store_remote()) {
        struct order order = {.name = name, .type = type, .cache = ask_again, .signs = presigned(sign)};
        if (order.signs)
            order.sign = *sign;
        from_bucket(request, &order, missing, have_playlist);
        return;
    }
    /* All viewers share one mapping of what is there now, so that slow ones hold no memory. */
    struct segment *segment = segment_hold_now(request->shard->segments, name, type, ask_again);
    if (segment)
        answer_held(request, segment, type, ask_again);
    else
        missing(request);
}
