#include "http_edge/events.h"

#include <stdlib.h>
#include <string.h>

#include "http_edge/natives.h"
#include "http_edge/reply.h"
#include "http_edge/shard.h"
#include "http_edge/text.h"
#include "protocol/node/clock.h"
#include "protocol/wire/codec.h"

enum { STREAMS_MAX = 256, BEAT_MS = 15000, ASK_MS = 5000, WAITING_BYTES_MAX = 65536 };

struct stream {
    struct events *events;
    struct request *request;
    int64_t title;
    struct buffer out;
    size_t sent; /* bytes of `out` that MHD has */
    int64_t said_ms, asked_ms;
    uint64_t ask, number;
    char state[17];
    double progress;
    bool ended;
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

static void wake(struct stream *stream) {
    stream->said_ms = clock_ms();
    /* A reader that slow has stopped looking. */
    if (stream->out.failed || stream->out.n - stream->sent > WAITING_BYTES_MAX)
        request_abandon(stream->request);
    else
        request_resume(stream->request);
}

/* What is no news is not said; nor is progress that goes back, which comes from the slower of the two sources. */
static void tell(struct stream *stream, const char *state, double progress, int64_t eta, const char *error) {
    bool same = !strcmp(stream->state, state);
    if (stream->ended || (same && progress <= stream->progress && stream->number))
        return;
    snprintf(stream->state, sizeof stream->state, "%.16s", state);
    stream->progress = progress;
    buffer_print(&stream->out, "id: %llu\nevent: progress\ndata: {\"state\":", (unsigned long long)++stream->number);
    text_to_json(stream->state, &stream->out);
    buffer_print(&stream->out, ",\"progress\":%.4f,\"eta\":", progress);
    if (eta >= 0)
        buffer_print(&stream->out, "%lld", (long long)eta);
    else
        buffer_text(&stream->out, "null");
    if (error && *error) {
        buffer_text(&stream->out, ",\"error\":");
        text_to_json(error, &stream->out);
    }
    buffer_text(&stream->out, "}\n\n");
    stream->ended = final(stream->state);
    wake(stream);
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
        stream->ended = true;
        wake(stream);
    }
    arena_free(arena);
}

static void ask_again(struct stream *stream) {
    struct by_id ask = {.id = stream->title, .has_id = true};
    struct flight_call call = {.message = message_row(MSG_content_show),
                               .ask = &ask,
                               .user = stream->request->login.user,
                               .roles = stream->request->login.roles,
                               .trace = stream->request->trace,
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
        if (stream->ended)
            continue;
        if (now - stream->said_ms >= BEAT_MS) {
            buffer_text(&stream->out, ": still here\n\n");
            wake(stream);
        }
        if (!stream->ask && now - stream->asked_ms >= ASK_MS)
            ask_again(stream);
    }
}

void events_end(struct events *events) {
    for (struct stream *stream = events->first; stream; stream = stream->next) {
        stream->ended = true;
        request_resume(stream->request);
    }
}

static ssize_t read_stream(void *self, uint64_t position, char *to, size_t size) {
    (void)position;
    struct stream *stream = self;
    size_t n = stream->out.n - stream->sent;
    if (stream->request->gone)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (!n && stream->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (!n) {
        request_park(stream->request);
        return 0;
    }
    n = n < size ? n : size;
    memcpy(to, stream->out.at + stream->sent, n);
    stream->sent += n;
    if (stream->sent == stream->out.n)
        stream->sent = stream->out.n = 0;
    return (ssize_t)n;
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
    metric_set(events->shard->metrics, METRIC_STREAMS, --events->count);
    buffer_free(&stream->out);
    free(stream);
}

static struct stream *add_stream(struct request *request, int64_t title) {
    struct events *events = request->shard->events;
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    *stream = (struct stream){
        .events = events, .request = request, .title = title, .asked_ms = clock_ms(), .next = events->first};
    if (events->first)
        events->first->previous = stream;
    events->first = stream;
    metric_set(events->shard->metrics, METRIC_STREAMS, ++events->count);
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
    struct MHD_Response *response =
        stream ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_stream, stream, NULL) : NULL;
    if (!response) {
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
        return;
    }
    tell(stream, title->processing_state, title->processing_progress, -1, title->processing_error);
    reply_response(request, 200, response, 0);
    reply_common(request, response);
    reply_header(request, "Content-Type", "text/event-stream");
    reply_header(request, "Cache-Control", "no-store");
    reply_header(request, "X-Accel-Buffering", "no");
}

void events_open(struct request *request) {
    if (request->shard->events->count >= STREAMS_MAX || request->shard->draining) {
        reply_refuse(request, BUSY, NULL, "There are too many event streams; try again later.");
        return;
    }
    struct by_id ask = {.id = request_number(request, "id"), .has_id = true};
    request_ask(request, 0, MSG_content_show, &ask, start);
}
