#ifndef ZOE_EDGE_SEND_H
#define ZOE_EDGE_SEND_H

#include <stdint.h>

struct request;

/* For how long addresses of the store are good when they are given away: from `when` (seconds since 1970) on. */
struct send_signed {
    int64_t when, seconds;
};

/* Each answers with a file of the store, or calls `missing` when there is none: at once, or, from a bucket, later.
 * `type` and `cache` are header values that stay; `name` is copied. With ZOE_MEDIA_DELIVERY=presigned and `sign` given
 * the client is sent to the bucket. */

/* A file that never changes under its name, or a part of it, or 304. */
void send_mapped(struct request *request, const char *name, const char *type, const char *cache,
                 const struct send_signed *sign, void (*missing)(struct request *request));

/* A playlist, which grows while its film is made. */
void send_playlist(struct request *request, const char *name, const char *type, const struct send_signed *sign,
                   void (*missing)(struct request *request));

#endif
