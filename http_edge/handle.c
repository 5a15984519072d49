#include "http_edge/handle.h"

#include <stdlib.h>
#include <string.h>

#include "http_edge/body.h"
#include "http_edge/head.h"
#include "http_edge/once.h"
#include "http_edge/permit.h"
#include "http_edge/picture.h"
#include "http_edge/proxy.h"
#include "http_edge/reply.h"
#include "http_edge/shard.h"
#include "http_edge/text.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"
#include "protocol/node/log.h"
#include "protocol/wire/codec.h"

enum { SWALLOWED_BYTES = 1 << 20 /* a refused body up to here is read to its end, so that the connection stays */ };

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

void request_answered(struct request *request) {
    struct answer *answer = &request->answers[0];
    /* What broke off may have been done. */
    if (request->route->row->touch)
        add_tags(request, request->route->row->touch, touch_tag);
    if (answer->status != OK)
        reply_problem(request, answer);
    else if (request->route->row->pages)
        body_next_page(request, answer->value, request_answered);
    else
        reply_record(request, answer->value);
    once_tell(request);
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

void request_ask_message(struct request *request) {
    const struct route *route = request->route;
    if (route->row->pictures && !title_pictures(request, request_ask_message))
        return;
    void *value = body_take(request);
    if (request->response || from_cache(request, value) ||
        (route->row->once && once_take(request, request->body.at, request->body.n)))
        return;
    request_ask(request, 0, route->row->message, value, request_answered);
}

/* A writer that does not say what it has read might undo what others wrote (RFC 6585). */
static bool lacks_match(struct request *request) {
    if (!request->route->row->match || request->in.if_match || strcmp(config()->if_match, "required") != 0)
        return false;
    struct refusal refusal = {.status = PRECONDITION,
                              .http = 428,
                              .code = "precondition-required",
                              .detail = "If-Match is needed, with the ETag of what was read."};
    reply_refusal(request, &refusal);
    return true;
}

static void run(struct request *request) {
    if (request->misused) {
        if (permit(request))
            head_refuse_method(request);
        return;
    }
    if (request->match.route->next && request->match.route->take && !body_choose(request))
        return;
    if ((!request->route->row->early && (!permit(request) || !body_query_known(request))) || lacks_match(request))
        return;
    if (request->route->row->native)
        request->route->row->native(request);
    else
        request_ask_message(request);
    request_settle(request);
    if (!request->response && request->waiting)
        request_park(request);
}

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
    if (request->response || !permit(request) || !body_query_known(request))
        return;
    request->route->row->early(request);
    request_settle(request);
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
    if (request->body.n + *n > body_limit(request->route))
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
        request = head_begin(self, connection, url, method, version);
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
    log_info(request->trace, "request", "method=%s route=%s status=%d ms=%.1f bytes=%llu user=%lld address=%s%s",
             method_name(request->method), request->route ? request->route->path : "none", http, (double)us / 1000,
             (unsigned long long)request->sent_bytes, (long long)request->login.user,
             request->connection ? proxy_client(request) : "", whole ? "" : " broken=true");
}

void request_completed(void *self, struct MHD_Connection *connection, void **context,
                       enum MHD_RequestTerminationCode why) {
    (void)connection;
    struct shard *shard = self;
    struct request *request = *context;
    if (!request)
        return;
    *context = NULL;
    request_cancel_asks(request);
    shard->large -= request->large;
    shard->own_bytes -= request->own_bytes;
    if (request->state_end)
        request->state_end(request, why == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    log_request(request, why);
    shard->active--;
    metric_set(shard->metrics, METRIC_ACTIVE, shard->active);
    request_free(request);
}
