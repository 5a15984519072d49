#include "http_edge/notices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http_edge/natives.h"
#include "http_edge/reply.h"
#include "http_edge/shard.h"
#include "http_edge/sse.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"
#include "protocol/wire/codec.h"
#include "protocol/wire/json.h"

/* Asks for the newest few and says those that were not said yet: so the order in which they were committed does not
 * matter. */
enum { STREAMS_MAX = 1024, ACCOUNT_MAX = 8, NEWEST = 20, SAID_MAX = 64, ASK_MS = 20000 };

struct stream {
    struct sse sse;
    struct notices *notices;
    int64_t user, asked_ms, until_ms, unread;
    int64_t said[SAID_MAX]; /* a ring */
    unsigned said_n;
    uint64_t ask;
    bool again; /* a hint came while we asked */
    struct stream *next, *previous;
};

struct notices {
    struct shard *shard;
    struct stream *first;
    unsigned count;
};

struct notices *notices_new(struct shard *shard) {
    struct notices *notices = calloc(1, sizeof *notices);
    if (notices)
        notices->shard = shard;
    return notices;
}

/* Streams end with their requests, which are gone by now. */
void notices_free(struct notices *notices) {
    free(notices);
}

static bool was_said(const struct stream *stream, int64_t id) {
    unsigned n = stream->said_n < SAID_MAX ? stream->said_n : SAID_MAX;
    for (unsigned i = 0; i < n; i++)
        if (stream->said[i] == id)
            return true;
    return false;
}

static void mark_said(struct stream *stream, int64_t id) {
    stream->said[stream->said_n % SAID_MAX] = id;
    if (++stream->said_n == 2 * SAID_MAX)
        stream->said_n = SAID_MAX;
}

static void say(struct stream *stream, const struct notification *one) {
    buffer_print(&stream->sse.out, "id: %lld\nevent: notification\ndata: ", (long long)one->id);
    record_to_json(notification_record(), one, &stream->sse.out);
    buffer_text(&stream->sse.out, "\n\n");
}

/* Oldest first. What is not after `seen` is known to the client. */
static void tell(struct stream *stream, const struct notification_page *page, int64_t seen) {
    size_t before = stream->sse.out.n;
    for (size_t i = page->items.n; i-- > 0;) {
        const struct notification *one = &LIST_AT(page->items, struct notification, i);
        if (was_said(stream, one->id))
            continue;
        mark_said(stream, one->id);
        if (one->id > seen)
            say(stream, one);
    }
    if (page->unread != stream->unread) {
        stream->unread = page->unread;
        buffer_print(&stream->sse.out, "event: unread\ndata: {\"count\":%lld}\n\n", (long long)page->unread);
    }
    if (stream->sse.out.n != before || stream->sse.out.failed)
        sse_wake(&stream->sse);
}

static void ask_again(struct stream *stream);

static void shown(void *self, unsigned tag, enum status status, const void *body, size_t n) {
    (void)tag;
    struct stream *stream = self;
    struct fault fault;
    struct arena *arena = arena_new();
    struct notification_page *page =
        status == OK && arena ? body_decode(notification_page_record(), body, n, arena, &fault) : NULL;
    stream->ask = 0;
    if (page && !stream->sse.ended)
        tell(stream, page, 0);
    arena_free(arena);
    if (stream->again && !stream->sse.ended)
        ask_again(stream);
}

static void ask_again(struct stream *stream) {
    const struct request *request = stream->sse.request;
    struct notification_list_ask ask = {.limit = NEWEST, .has_limit = true};
    struct flight_call call = {.message = message_row(MSG_mail_notifications),
                               .ask = &ask,
                               .user = request->login.user,
                               .roles = request->login.roles,
                               .trace = request->trace,
                               .done = shown,
                               .self = stream};
    stream->again = false;
    stream->asked_ms = clock_ms();
    stream->ask = flight_ask(stream->notices->shard->flights, &call);
}

void notices_hint(struct notices *notices, const struct bus_event *event) {
    for (struct stream *stream = notices->first; stream; stream = stream->next) {
        if (stream->user != event->id || stream->sse.ended)
            continue;
        if (stream->ask)
            stream->again = true;
        else
            ask_again(stream);
    }
}

/* A stream lives no longer than an access token, nor than its session. */
static bool login_ended(const struct stream *stream, int64_t now) {
    return now >= stream->until_ms || keys_revoked(stream->notices->shard->keys, stream->sse.request->login.id, NULL);
}

void notices_tick(struct notices *notices) {
    int64_t now = clock_ms();
    for (struct stream *stream = notices->first; stream; stream = stream->next) {
        if (stream->sse.ended)
            continue;
        if (login_ended(stream, now)) {
            sse_end(&stream->sse);
            continue;
        }
        sse_beat(&stream->sse, now);
        if (!stream->ask && now - stream->asked_ms >= ASK_MS)
            ask_again(stream);
    }
}

void notices_end(struct notices *notices) {
    for (struct stream *stream = notices->first; stream; stream = stream->next)
        sse_end(&stream->sse);
}

static void close_stream(struct request *request, bool completed) {
    (void)completed;
    struct stream *stream = request->state;
    struct notices *notices = stream->notices;
    if (stream->ask)
        flight_cancel(notices->shard->flights, stream->ask);
    if (stream->previous)
        stream->previous->next = stream->next;
    else
        notices->first = stream->next;
    if (stream->next)
        stream->next->previous = stream->previous;
    notices->count--;
    metric_add(notices->shard->metrics, METRIC_STREAMS, -1);
    sse_free(&stream->sse);
    free(stream);
}

static struct stream *add_stream(struct request *request) {
    struct notices *notices = request->shard->notices;
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    *stream = (struct stream){.sse.request = request,
                              .notices = notices,
                              .user = request->login.user,
                              .asked_ms = clock_ms(),
                              .until_ms = clock_ms() + config()->access_seconds * 1000,
                              .unread = -1,
                              .next = notices->first};
    if (notices->first)
        notices->first->previous = stream;
    notices->first = stream;
    notices->count++;
    metric_add(notices->shard->metrics, METRIC_STREAMS, 1);
    request->state = stream;
    request->state_end = close_stream;
    return stream;
}

/* What the client saw last, of an earlier stream; without it only what comes from now on is said. */
static int64_t last_seen(const struct request *request) {
    const char *text = request->in.last_event_id;
    char *end;
    errno = 0;
    long long id = text ? strtoll(text, &end, 10) : -1;
    return !text || end == text || *end || errno || id < 0 ? INT64_MAX : id;
}

static void start(struct request *request) {
    const struct answer *answer = &request->answers[0];
    if (answer->status != OK) {
        reply_problem(request, answer);
        return;
    }
    struct stream *stream = add_stream(request);
    if (!stream) {
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
        return;
    }
    tell(stream, answer->value, last_seen(request));
    sse_start(&stream->sse, request);
}

void notices_open(struct request *request) {
    struct notices *notices = request->shard->notices;
    unsigned own = 0;
    for (const struct stream *stream = notices->first; stream; stream = stream->next)
        own += stream->user == request->login.user;
    if (notices->count >= STREAMS_MAX || own >= ACCOUNT_MAX || request->shard->draining) {
        reply_refuse(request, BUSY, NULL, "There are too many event streams; try again later.");
        return;
    }
    struct notification_list_ask ask = {.limit = NEWEST, .has_limit = true};
    request_ask(request, 0, MSG_mail_notifications, &ask, start);
}
