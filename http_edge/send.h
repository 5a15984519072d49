#ifndef ZOE_EDGE_SEND_H
#define ZOE_EDGE_SEND_H

#include <stdbool.h>
#include <stdint.h>

struct request;

/* For how long addresses of the store are good when they are given away: from `when` (seconds since 1970) on. */
struct send_signed {
    int64_t when, seconds;
};

/* Each answers with a file of the store, or calls `missing` when there is none: at once, or, from a bucket, later.
 * `type` and `cache` are header values that stay; `name` is copied. With ZOE_MEDIA_DELIVERY=presigned and `sign` given
 * the client is sent to the bucket. */

/* Whether clients are sent to the bucket. */
bool send_presigns(void);

/* A file that never changes under its name, or a part of it, or 304. */
void send_mapped(struct request *request, const char *name, const char *type, const char *cache,
                 const struct send_signed *sign, void (*missing)(struct request *request));

/* A playlist, which grows while its film is made. */
void send_playlist(struct request *request, const char *name, const char *type, const struct send_signed *sign,
                   void (*missing)(struct request *request));

/* --- for those who send bytes of their own --- */

struct send_what {
    const char *type, *cache, *etag;
    uint64_t size;
};

/* Goes by If-None-Match, If-Range and Range (RFC 9110). True: `count` bytes from `first` on are wanted, as an answer
 * with status *http; false: it was answered, with 304 or 416. */
bool send_judge(struct request *request, const struct send_what *what, uint64_t *first, uint64_t *count, int *http);
/* Adds to the request's response what there is to say of those bytes. */
void send_describe(struct request *request, const struct send_what *what, uint64_t first, uint64_t count);

#endif
