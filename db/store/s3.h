#ifndef ZOE_DB_STORE_S3_H
#define ZOE_DB_STORE_S3_H

#include <curl/curl.h>
#include <pthread.h>

#include "db/store/place_parts.h"
#include "db/store/sign.h"

/* A bucket of a server that speaks Amazon's S3 API (2006-03-01). */

/* S3_PATIENCE_SECONDS: for what a server does with many objects, or many bytes of its own, before it answers. */
enum { S3_IDLE_MAX = 16, S3_PAIRS_MAX = 8, S3_XML_BYTES = 8 << 20, S3_PATIENCE_SECONDS = 300 };

struct s3 {
    struct place place;                       /* first: callers hold its address */
    char bucket[64], region[64], prefix[256]; /* prefix "": none, else with its slash at the end */
    char origin[600];                         /* https://host:port */
    char host[300];                           /* the Host header */
    bool in_path;                             /* the bucket stands in the path, not in the host */
    struct sign_with with;
    pthread_mutex_t lock;
    CURL *idle[S3_IDLE_MAX];
    unsigned idle_n;
};

extern const struct place_calls s3_calls; /* s3.c */

/* One request and what came of it. */
struct s3_call {
    const char *method, *name; /* name NULL: the bucket itself */
    struct sign_pair query[S3_PAIRS_MAX];
    size_t query_n;
    const void *body;
    size_t body_n;
    const char *md5;  /* Content-MD5, in Base64 */
    const char *copy; /* x-amz-copy-source */
    const char *copy_range;
    const char *unless;
    int64_t first, last; /* Range; last < first: none */
    size_t max;          /* of the answer's body */
    long patience_s;     /* for an answer that does not come; 0: as usual */
    /* NULL: a good answer's body goes into `answer`, else it is taken as it comes; see struct place_get. */
    int (*take)(void *self, int64_t at, const char *bytes, size_t n);
    void *self;
    /* the answer */
    int http;
    int64_t length; /* of the body as the server told it */
    int64_t size;   /* of the whole object, from Content-Range, else `length` */
    char etag[PLACE_ETAG_BYTES];
    char code[64]; /* of an S3 error */
    bool too_long;
    int64_t taken;
    int refused;          /* errno of `take` */
    struct buffer answer; /* s3_call_free() */
};

/* Sends, with retries: connection faults, 408, 429 and 5xx, up to six times with a growing, random pause. 0 with
 * call->http of 2xx or 304; -1 with errno. */
int s3_send(struct s3 *s3, struct s3_call *call);
void s3_call_free(struct s3_call *call);
/* The same when nothing matters of the answer but its status and headers. */
int s3_just_send(struct s3 *s3, struct s3_call *call);

/* s3_parts.c: the calls of a place (place.h) for objects in parts. */
int s3_begin(struct place *place, const char *name, char id[PLACE_ID_BYTES]);
int s3_part(struct place *place, const char *name, const char *id, const void *bytes, struct place_part *part);
int s3_part_copy(struct place *place, const char *name, const char *id, const char *from, int64_t offset,
                 struct place_part *part);
int s3_complete(struct place *place, const char *name, const char *id, const struct place_part *parts, size_t n);
int s3_abort(struct place *place, const char *name, const char *id);
int s3_tidy(struct place *place, const char *name);
/* Aborts all that was begun and not completed under the name, or `below` NAME/. 0 or -1. */
int s3_abort_unfinished(struct s3 *s3, const char *name, bool below);

/* /bucket/prefix/name, encoded. */
void s3_path(const struct s3 *s3, const char *name, struct buffer *to);

#endif
