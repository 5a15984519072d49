#include "http_edge/events.h"

#include <stdlib.h>
#include <string.h>

#include "http_edge/natives.h"
#include "http_edge/reply.h"
#include "http_edge/shard.h"
#include "http_edge/sse.h"
#include "http_edge/text.h"
#include "protocol/node/clock.h"
#include "protocol/wire/codec.h"

enum { STREAMS_MAX = 256, ASK_MS = 5000 };

struct stream {
    struct sse sse;
    struct events *events;
    int64_t title;
    int64_t asked_ms;
    uint64_t ask, number;
    char state[17];
    double progress;
    struct stream *next, *previous;
};

struct events {
    struct shard *shard;
    struct stream *first;
    unsigned count;
};

struct events *events_new(struct shard *shard) {
    struct events *events = calloc(1, sizeof *events);
    if (events)
        events->shard = shard;
    return events;
}

/* Streams end with their requests, which are gone by now. */
void events_free(struct events *events) {
    free(events);
}

static bool final(const char *state) {
    return !strcmp(state, "ready") || !strcmp(state, "error");
}

/* What is no news is not said; nor is progress that goes back, which comes from the slower of the two sources. */
static void tell(struct stream *stream, const char *state, double progress, int64_t eta, const char *error) {
    bool same = !strcmp(stream->state, state);
    if (stream->sse.ended || (same && progress <= stream->progress && stream->number))
        return;
    snprintf(stream->state, sizeof stream->state, "%.16s", state);
    stream->progress = progress;
    buffer_print(&stream->sse.out,
                 "id: %llu\nevent: progress\ndata: {\"state\":", (unsigned long long)++stream->number);
    text_to_json(stream->state, &stream->sse.out);
    buffer_print(&stream->sse.out, ",\"progress\":%.4f,\"eta\":", progress);
    if (eta >= 0)
        buffer_print(&stream->sse.out, "%lld", (long long)eta);
    else
        buffer_text(&stream->sse.out, "null");
    if (error && *error) {
        buffer_text(&stream->sse.out, ",\"error\":");
        text_to_json(error, &stream->sse.out);
    }
    buffer_text(&stream->sse.out, "}\n\n");
    stream->sse.ended = final(stream->state);
    sse_wake(&stream->sse);
}

static void shown(void *self, unsigned tag, enum status status, const void *body, size_t n) {
    (void)tag;
    struct stream *stream = self;
    struct fault fault;
    stream->ask = 0;
    struct arena *arena = arena_new();
    struct title *title = status == OK && arena ? body_decode(title_record(), body, n, arena, &fault) : NULL;
    if (title)
        tell(stream, title->processing_state, title->processing_progress, -1, title->processing_error);
    else if (status == NOT_FOUND) {
        stream->sse.ended = true;
        sse_wake(&stream->sse);
    }
    arena_free(arena);
}

static void ask_again(struct stream *stream) {
    struct by_id ask = {.id = stream->title, .has_id = true};
    struct flight_call call = {.message = message_row(MSG_content_show),
                               .ask = &ask,
                               .user = stream->sse.request->login.user,
                               .roles = stream->sse.request->login.roles,
                               .trace = stream->sse.request->trace,
                               .done = shown,
                               .self = stream};
    stream->asked_ms = clock_ms();
    stream->ask = flight_ask(stream->events->shard->flights, &call);
}

void events_progress(struct events *events, const struct bus_event *event) {
    for (struct stream *stream = events->first; stream; stream = stream->next)
        if (stream->title == event->id && event->state)
            tell(stream, event->state, event->has_progress ? event->progress : 0,
                 event->has_eta_seconds ? event->eta_seconds : -1, event->error);
}

void events_tick(struct events *events) {
    int64_t now = clock_ms();
    for (struct stream *stream = events->first; stream; stream = stream->next) {
        if (stream->sse.ended)
            continue;
        sse_beat(&stream->sse, now);
        if (!stream->ask && now - stream->asked_ms >= ASK_MS)
            ask_again(stream);
    }
}

void events_end(struct events *events) {
    for (struct stream *stream = events->first; stream; stream = stream->next)
        sse_end(&stream->sse);
}

static void close_stream(struct request *request, bool completed) {
    (void)completed;
    struct stream *stream = request->state;
    struct events *events = stream->events;
    if (stream->ask)
        flight_cancel(events->shard->flights, stream->ask);
    if (stream->previous)
        stream->previous->next = stream->next;
    else
        events->first = stream->next;
    if (stream->next)
        stream->next->previous = stream->previous;
    events->count--;
    metric_add(events->shard->metrics, METRIC_STREAMS, -1);
    sse_free(&stream->sse);
    free(stream);
}

static struct stream *add_stream(struct request *request, int64_t title) {
    struct events *events = request->shard->events;
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    *stream = (struct stream){
        .sse.request = request, .events = events, .title = title, .asked_ms = clock_ms(), .next = events->first};
    if (events->first)
        events->first->previous = stream;
    events->first = stream;
    events->count++;
    metric_add(events->shard->metrics, METRIC_STREAMS, 1);
    request->state = stream;
    request->state_end = close_stream;
    return stream;
}

static void start(struct request *request) {
    struct answer *answer = &request->answers[0];
    const struct title *title = answer->value;
    if (answer->status != OK) {
        reply_problem(request, answer);
        return;
    }
    /* A browser comes back after the end of a stream; 204 tells it that there is no more to come. */
    if (request->in.last_event_id && final(title->processing_state)) {
        reply_empty(request, 204);
        return;
    }
    struct stream *stream = add_stream(request, title->id);
    if (!stream) {
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
        return;
    }
    tell(stream, title->processing_state, title->processing_progress, -1, title->processing_error);
    sse_start(&stream->sse, request);
}

void events_open(struct request *request) {
    if (request->shard->events->count >= STREAMS_MAX || request->shard->draining) {
        reply_refuse(request, BUSY, NULL, "There are too many event streams; try again later.");
        return;
    }
    struct by_id ask = {.id = request_number(request, "id"), .has_id = true};
    request_ask(request, 0, MSG_content_show, &ask, start);
}
