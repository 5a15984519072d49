#include "http_edge/request.h"

#include <stdlib.h>
#include <string.h>

#include "http_edge/body.h"
#include "http_edge/cors.h"
#include "http_edge/reply.h"
#include "http_edge/shard.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"
#include "protocol/node/log.h"
#include "protocol/wire/codec.h"

enum {
    SPARES_MAX = 64,
    BODY_KEPT_BYTES = 16384,
    SWALLOWED_BYTES = 1 << 20 /* a refused body up to here is read to its end, so that the connection stays */
};

struct request *request_new(struct shard *shard) {
    struct request *request = shard->spare;
    if (request) {
        shard->spare = request->next;
        shard->spares--;
        struct arena *arena = request->arena;
        struct buffer body = request->body, key = request->cache_key;
        memset(request, 0, sizeof *request);
        request->arena = arena;
        request->body = (struct buffer){.at = body.at, .size = body.size};
        request->cache_key = (struct buffer){.at = key.at, .size = key.size};
    } else {
        request = calloc(1, sizeof *request);
        if (request && !(request->arena = arena_new())) {
            free(request);
            return NULL;
        }
    }
    if (request)
        request->shard = shard;
    return request;
}

static void destroy(struct request *request) {
    arena_free(request->arena);
    buffer_free(&request->body);
    buffer_free(&request->cache_key);
    free(request);
}

void request_free(struct request *request) {
    struct shard *shard = request->shard;
    if (request->response && !request->shared)
        MHD_destroy_response(request->response);
    json_decref(request->json);
    arena_reset(request->arena);
    if (shard->spares >= SPARES_MAX) {
        destroy(request);
        return;
    }
    if (request->body.size > BODY_KEPT_BYTES)
        buffer_free(&request->body);
    request->next = shard->spare;
    shard->spare = request;
    shard->spares++;
}

void requests_free(struct shard *shard) {
    for (struct request *request = shard->spare, *next; request; request = next) {
        next = request->next;
        destroy(request);
    }
}

bool request_is_read(const struct request *request) {
    return request->method == METHOD_GET || request->method == METHOD_HEAD;
}

void request_park(struct request *request) {
    struct shard *shard = request->shard;
    if (request->suspended)
        return;
    MHD_suspend_connection(request->connection);
    request->suspended = true;
    request->parked_ms = clock_ms();
    request->previous = NULL;
    request->next = shard->parked;
    if (shard->parked)
        shard->parked->previous = request;
    shard->parked = request;
}

void request_resume(struct request *request) {
    struct shard *shard = request->shard;
    if (!request->suspended || request->queued_ready)
        return;
    request->queued_ready = true;
    request->ready_next = NULL;
    if (shard->ready_last)
        shard->ready_last->ready_next = request;
    else
        shard->ready_first = request;
    shard->ready_last = request;
}

/* Runs steps for as long as nothing has to be waited for. */
static void settle(struct request *request) {
    while (!request->response && request->step && !request->waiting) {
        void (*step)(struct request *) = request->step;
        request->step = NULL;
        step(request);
    }
}

void request_go_on(struct request *request) {
    settle(request);
    /* In the head, an accepted body is news enough. */
    if (request->response || (!request->waiting && request->in_head && request->phase == PHASE_BODY))
        request_resume(request);
}

static void said(void *self, unsigned tag, enum status status, const void *body, size_t n) {
    struct request *request = self;
    struct answer *answer = &request->answers[tag];
    const struct message *message = request->asked[tag];
    struct fault fault;
    request->asks[tag] = 0;
    answer->status = status;
    if (status == OK)
        answer->value = body_decode(message->reply(), body, n, request->arena, &fault);
    else if (n)
        answer->problem = body_decode(problem_record(), body, n, request->arena, &fault);
    if (status == OK && !answer->value) {
        log_error(request->trace, "bad_answer", "message=%s field=%s why=%s", message->name, log_value(fault.field),
                  log_value(fault.why));
        answer->status = INTERNAL;
    }
    request->waiting--;
    request_go_on(request);
}

void request_ask(struct request *request, unsigned i, unsigned message, const void *ask,
                 void (*step)(struct request *request)) {
    struct flight_call call = {.message = message_row(message),
                               .ask = ask,
                               .user = request->login.user,
                               .roles = request->login.roles,
                               .trace = request->trace,
                               .done = said,
                               .self = request,
                               .tag = i};
    request->step = step;
    request->asked[i] = call.message;
    request->answers[i] = (struct answer){.status = UNAVAILABLE};
    request->asks[i] = flight_ask(request->shard->flights, &call);
    request->waiting += request->asks[i] != 0;
}

static void cancel_asks(struct request *request) {
    for (unsigned i = 0; i < ANSWERS_MAX; i++) {
        if (request->asks[i])
            flight_cancel(request->shard->flights, request->asks[i]);
        request->asks[i] = 0;
    }
    request->waiting = 0;
    request->step = NULL;
}

void request_abandon(struct request *request) {
    request->gone = true;
    cancel_asks(request);
    request_resume(request);
}

void request_keys_news(struct request *request) {
    if (!request->wants_keys)
        return;
    request->wants_keys = false;
    request_resume(request);
}

/* --- who may --- */

enum verdict { MAY, MAY_NOT, LATER };

static void refuse_token(struct request *request, bool sent) {
    struct refusal refusal = {.status = UNAUTHENTICATED, .challenge = sent ? "invalid_token" : NULL};
    if (sent)
        refusal.detail = "The access token is not valid, or not any more.";
    reply_refusal(request, &refusal);
}

static enum verdict judge_token(struct request *request, const char *token) {
    switch (
        session_check(request->shard->sessions, request->dialect->row->name, token, strlen(token), &request->login)) {
    case SESSION_GOOD:
        return MAY;
    case SESSION_WAIT:
        return LATER;
    default:
        request->login = (struct login){0};
        return MAY_NOT;
    }
}

/* A bearer goes before a cookie: it was sent on purpose. */
static enum verdict find_login(struct request *request, bool *sent) {
    char cookie[TOKEN_BYTES_MAX + 1];
    *sent = request->dialect->bearer && request->in.authorization;
    if (*sent) {
        const char *token = session_bearer(request->in.authorization);
        return token ? judge_token(request, token) : MAY_NOT;
    }
    const char *name = request->dialect->cookie;
    const char *token = name ? headers_cookie(&request->in, name, cookie, sizeof cookie) : NULL;
    if (!token)
        return MAY_NOT;
    *sent = request->by_cookie = true;
    return judge_token(request, token);
}

static bool login_needed(const struct route *route) {
    return route->row->who >= USER || (route->row->who == READER && strcmp(config()->public_catalogue, "on"));
}

static enum verdict authorise(struct request *request) {
    bool sent;
    if (!login_needed(request->route))
        return MAY;
    enum verdict verdict = find_login(request, &sent);
    if (verdict == MAY_NOT)
        refuse_token(request, sent);
    if (verdict == MAY && request->route->row->who == ADMIN && !(request->login.roles & ROLE_ADMIN)) {
        struct refusal refusal = {.status = FORBIDDEN, .challenge = "insufficient_scope"};
        reply_refusal(request, &refusal);
        return MAY_NOT;
    }
    return verdict;
}

/* Cookies come along whoever made the browser send the request. */
static enum verdict cross_site(struct request *request) {
    if (request_is_read(request) || !request->dialect->cookie || request->in.authorization || cors_same_site(request))
        return MAY;
    reply_refuse(request, FORBIDDEN, "cross-site", "This request comes from a page that may not send it.");
    return MAY_NOT;
}

static bool allowed(struct request *request) {
    enum verdict verdict = authorise(request);
    if (verdict == MAY)
        verdict = cross_site(request);
    if (verdict == LATER) {
        request->wants_keys = true;
        request_park(request);
    }
    return verdict == MAY;
}

/* --- asking --- */

static void add_tags(struct request *request, const char *tags, void (*each)(struct request *, uint64_t)) {
    for (const char *at = tags; at && *at;) {
        char tag[96];
        size_t n = strcspn(at, " "), brace = strcspn(at, "{");
        if (brace < n) {
            char name[32] = "";
            size_t length = strcspn(at + brace, "}") - 1;
            memcpy(name, at + brace + 1, length < sizeof name ? length : sizeof name - 1);
            snprintf(tag, sizeof tag, "%.*s%lld", (int)brace, at, (long long)request_number(request, name));
        } else
            snprintf(tag, sizeof tag, "%.*s", (int)n, at);
        each(request, cache_tag(tag, strlen(tag)));
        at += n;
        at += strspn(at, " ");
    }
}

static void stamp_tag(struct request *request, uint64_t tag) {
    cache_stamp_add(&request->stamp, tag);
}

static void touch_tag(struct request *request, uint64_t tag) {
    (void)request;
    cache_touch(tag);
}

static void answered(struct request *request) {
    struct answer *answer = &request->answers[0];
    /* What broke off may have been done. */
    if (request->route->row->touch)
        add_tags(request, request->route->row->touch, touch_tag);
    if (answer->status != OK)
        reply_problem(request, answer);
    else if (request->route->row->pages)
        body_next_page(request, answer->value, answered);
    else
        reply_record(request, answer->value);
}

/* Whether the cache has the answer. The key is the encoded ask: the same question, however it was put. */
static bool from_cache(struct request *request, const void *ask) {
    const struct route *route = request->route;
    if (!route->row->cache)
        return false;
    buffer_add(&request->cache_key, &route->number, sizeof route->number);
    if (body_encode(route->message->ask(), ask, &request->cache_key) || request->cache_key.n > CACHE_KEY_MAX) {
        request->cache_key.n = 0;
        return false;
    }
    const struct cached *cached = cache_find(request->shard->cache, request->cache_key.at, request->cache_key.n);
    metric_add(request->shard->metrics, cached ? METRIC_CACHE_HITS : METRIC_CACHE_MISSES, 1);
    if (!cached) {
        add_tags(request, route->row->cache, stamp_tag);
        return false;
    }
    body_reply_cached(request, cached);
    return true;
}

static void ask(struct request *request) {
    const struct route *route = request->route;
    void *value = body_take(request);
    if (request->response || from_cache(request, value))
        return;
    request_ask(request, 0, route->row->message, value, answered);
}

static void run(struct request *request) {
    if (!request->route->row->early && !allowed(request))
        return;
    if (request->route->row->native)
        request->route->row->native(request);
    else
        ask(request);
    settle(request);
    if (!request->response && request->waiting)
        request_park(request);
}

/* --- MHD's calls --- */

static enum MHD_Result send_response(struct request *request) {
    request->phase = PHASE_ANSWERED;
    return MHD_queue_response(request->connection, (unsigned)request->http, request->response);
}

/* Whether the answer must go out before the body, which closes the connection. */
static bool answer_now(const struct request *request) {
    if (!request->response)
        return false;
    if (request->closing || request->in.expect)
        return true;
    return request->in.content_length && strtoull(request->in.content_length, NULL, 10) > SWALLOWED_BYTES;
}

static void early(struct request *request) {
    if (request->response || !allowed(request))
        return;
    request->route->row->early(request);
    settle(request);
    if (!request->response && request->waiting)
        request_park(request);
}

static enum MHD_Result head_done(struct request *request) {
    if (answer_now(request))
        return send_response(request);
    if (!request->suspended) {
        request->in_head = false;
        request->phase = PHASE_BODY;
    }
    return MHD_YES;
}

static enum MHD_Result take_data(struct request *request, const char *data, size_t *n) {
    request->body_seen += *n;
    if (!request->response && request->data) {
        *n -= request->data(request, data, *n);
        return MHD_YES;
    }
    if (request->response || !request->keep_body) {
        *n = 0;
        /* A client that goes on and on with a body nobody reads. */
        return request->body_seen > 16 * SWALLOWED_BYTES ? MHD_NO : MHD_YES;
    }
    if (request->body.n + *n > (size_t)config()->body_bytes)
        reply_refuse(request, TOO_LARGE, NULL, NULL);
    else
        buffer_add(&request->body, data, *n);
    *n = 0;
    return MHD_YES;
}

enum MHD_Result request_handle(void *self, struct MHD_Connection *connection, const char *url, const char *method,
                               const char *version, const char *data, size_t *n, void **context) {
    struct request *request = *context;
    if (!request) {
        request = body_begin(self, connection, url, method, version);
        *context = request;
        if (!request)
            return MHD_NO;
    }
    if (request->gone)
        return MHD_NO;
    if (request->in_head) {
        if (request->phase == PHASE_EARLY)
            early(request);
        return head_done(request);
    }
    if (*n)
        return take_data(request, data, n);
    if (!request->response) {
        request->phase = PHASE_RUN;
        run(request);
    }
    return request->response ? send_response(request) : MHD_YES;
}

static void log_request(struct request *request, enum MHD_RequestTerminationCode why) {
    int64_t us = clock_us() - request->started_us;
    bool whole = why == MHD_REQUEST_TERMINATED_COMPLETED_OK;
    int http = whole || request->phase == PHASE_ANSWERED ? request->http : 499;
    struct metrics *metrics = request->shard->metrics;
    metrics_request(metrics, request->route, http, us);
    metric_add(metrics, METRIC_SENT_BYTES, whole ? (int64_t)request->sent_bytes : 0);
    if (request->route && request->route->row->quiet)
        return;
    log_info(request->trace, "request", "method=%s route=%s status=%d ms=%.1f bytes=%llu user=%lld%s",
             method_name(request->method), request->route ? request->route->path : "none", http, (double)us / 1000,
             (unsigned long long)request->sent_bytes, (long long)request->login.user, whole ? "" : " broken=true");
}

void request_completed(void *self, struct MHD_Connection *connection, void **context,
                       enum MHD_RequestTerminationCode why) {
    (void)connection;
    struct shard *shard = self;
    struct request *request = *context;
    if (!request)
        return;
    *context = NULL;
    cancel_asks(request);
    if (request->state_end)
        request->state_end(request, why == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    log_request(request, why);
    shard->active--;
    metric_set(shard->metrics, METRIC_ACTIVE, shard->active);
    request_free(request);
}
