#ifndef ZOE_EDGE_REQUEST_H
#define ZOE_EDGE_REQUEST_H

#include <microhttpd.h>

#include "http_edge/cache.h"
#include "http_edge/flight.h"
#include "http_edge/headers.h"
#include "http_edge/refusal.h"
#include "http_edge/route.h"
#include "http_edge/session.h"
#include "protocol/wire/arena.h"

struct shard;

/* A request's way: begin (head) -> [early] -> body -> run -> [wait, resumed by answers] -> respond -> end. */
enum phase { PHASE_EARLY, PHASE_BODY, PHASE_RUN, PHASE_ANSWERED };

enum { ANSWERS_MAX = 5 };

/* What an actor said. */
struct answer {
    enum status status;
    bool replayed;           /* that of an earlier request with the same Idempotency-Key */
    void *value;             /* reply record in the request's arena when OK */
    struct problem *problem; /* otherwise, NULL when there was none */
};

struct request {
    struct shard *shard;
    struct MHD_Connection *connection;
    const char *url; /* raw path */
    enum method method;
    enum phase phase;
    struct match match;
    const struct route *route;
    const struct dialect *dialect;
    struct headers in;
    const char *client; /* address, once proxy_client() was asked */
    struct login login; /* user 0: nobody */
    bool by_cookie;
    bool keep_body;      /* body goes to `body`; otherwise it is thrown away */
    bool body_too_large; /* the rest is thrown away, then 413 */
    bool in_head;        /* MHD still asks whether to read the body */
    bool large;          /* counted in the shard's `large` */
    int64_t own_bytes;   /* counted in the shard's */
    bool misused;        /* `route` is another method's: for its login only */
    bool suspended, queued_ready, watched, gone, closing, traced;
    struct buffer body;
    uint64_t body_seen;
    json_t *json;
    struct arena *arena;
    uint8_t trace[16];
    int64_t started_us, parked_ms;

    /* Asks under way; `step` goes on when the last of them is answered. */
    uint64_t asks[ANSWERS_MAX];
    struct answer answers[ANSWERS_MAX];
    const struct message *asked[ANSWERS_MAX];
    unsigned waiting;
    void (*step)(struct request *request);
    uint8_t once[ONCE_BYTES]; /* of Idempotency-Key; goes with slot 0 when has_once */
    uint64_t once_body;
    bool has_once;
    bool wants_keys;       /* waits for news of the keys */
    int64_t wants_keys_ms; /* since when */
    uint64_t keys_since;   /* of keys_newer() */

    /* The answer. */
    struct MHD_Response *response;
    bool shared; /* the response belongs to a cache */
    int http;
    uint64_t sent_bytes;

    /* Of native routes: what they keep, and what becomes of it at the request's end. */
    void *state;
    void (*state_end)(struct request *request, bool completed);
    const char *upload_id, *asset, *rung;
    struct member_place {
        int64_t plan;
        void (*allowed)(struct request *request);
    } member; /* of members.c */
    struct picture_wish {
        const struct picture_kind *kind;
        void (*made)(struct request *request);
        void (*go_on)(struct request *request);
        unsigned done; /* bits of the members that are pictures already */
    } picture;         /* of picture.c and title_picture.c */
    const void *order; /* of send.c, while an object is fetched */
    const void *form;  /* what body_take() made */
    /* Body of a streaming route: takes some bytes, or suspends and takes none. */
    size_t (*data)(struct request *request, const char *at, size_t n);

    struct request *next, *previous; /* parked ones; or the pool */
    struct request *ready_next;
    struct buffer cache_key; /* empty: the answer is not kept */
    struct cache_stamp stamp;
    struct list pages; /* entries of the pages so far */
};

/* Asks `message` as slot `i`; `step` runs when all asks of the request were answered. When no broker takes it the
 * answer is UNAVAILABLE at once, and `step` still runs, later. */
void request_ask(struct request *request, unsigned i, unsigned message, const void *ask,
                 void (*step)(struct request *request));

/* Leaves the loop to others until request_resume(). In a handler's call only. */
void request_park(struct request *request);
/* Runs the request's step, then resumes it when it has its answer. For a parked request. */
void request_go_on(struct request *request);
/* Puts a parked request on the shard's list of those that MHD shall call again. */
void request_resume(struct request *request);

/* The client has gone: stops its asks and lets MHD close it. */
void request_abandon(struct request *request);

/* Parks a request until there is news of the keys, and over several news no longer than a few seconds. */
void request_want_keys(struct request *request);
/* News of the keys: judges the tokens of those that wait. */
void request_keys_news(struct request *request);

bool request_is_read(const struct request *request);

/* Runs steps for as long as nothing has to be waited for. */
void request_settle(struct request *request);
/* Stops all that was asked. */
void request_cancel_asks(struct request *request);

/* 64 random bits, not for secrets. */
uint64_t request_random(struct request *request);

struct request *request_new(struct shard *shard);
void request_free(struct request *request);
/* The spare ones of a shard that ends. */
void requests_free(struct shard *shard);

#endif
