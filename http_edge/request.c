#include "http_edge/request.h"

#include <stdlib.h>
#include <string.h>

#include "http_edge/shard.h"
#include "protocol/node/clock.h"
#include "protocol/node/log.h"
#include "protocol/wire/codec.h"

enum { SPARES_MAX = 64, BODY_KEPT_BYTES = 16384 };

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

void request_settle(struct request *request) {
    while (!request->response && request->step && !request->waiting) {
        void (*step)(struct request *) = request->step;
        request->step = NULL;
        step(request);
    }
}

void request_go_on(struct request *request) {
    request_settle(request);
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
    answer->replayed = flights_replayed(request->shard->flights);
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
    if (i == 0 && request->has_once) {
        call.once = request->once;
        call.once_body = request->once_body;
    }
    request->step = step;
    request->asked[i] = call.message;
    request->answers[i] = (struct answer){.status = UNAVAILABLE};
    request->asks[i] = flight_ask(request->shard->flights, &call);
    request->waiting += request->asks[i] != 0;
}

void request_cancel_asks(struct request *request) {
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
    request_cancel_asks(request);
    request_resume(request);
}

void request_want_keys(struct request *request) {
    request->wants_keys = true;
    if (!request->wants_keys_ms)
        request->wants_keys_ms = clock_ms();
    request_park(request);
}

void request_keys_news(struct request *request) {
    if (!request->wants_keys)
        return;
    request->wants_keys = false;
    request_resume(request);
}

uint64_t request_random(struct request *request) {
    /* splitmix64 */
    uint64_t z = request->shard->random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
