#include "http_edge/shard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "db/store/store.h"
#include "http_edge/board.h"
#include "http_edge/events.h"
#include "http_edge/handle.h"
#include "http_edge/members.h"
#include "http_edge/notices.h"
#include "http_edge/objects.h"
#include "http_edge/reply.h"
#include "http_edge/segment.h"
#include "http_edge/upload.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"
#include "protocol/node/log.h"

enum {
    ROUNDS = 16,
    TICK_MS = 50,
    KEYS_TICKS = 5,      /* keys and MHD's own timeouts every 250 ms */
    WATCH_AFTER_MS = 50, /* most answers are back sooner, and need no watch on their client */
    KEYS_WAIT_MS = 3000,
    IDLE_SECONDS = 75,
    CONNECTION_BYTES = 20 * 1024 /* cleared for every request, so not larger than heads are */
};

/* --- MHD in the loop --- */

static void unpark(struct request *request) {
    struct shard *shard = request->shard;
    if (request->previous)
        request->previous->next = request->next;
    else
        shard->parked = request->next;
    if (request->next)
        request->next->previous = request->previous;
    if (request->watched) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        epoll_ctl(shard->watch_fd, EPOLL_CTL_DEL, info->connect_fd, NULL);
    }
    request->suspended = request->watched = request->queued_ready = false;
    MHD_resume_connection(request->connection);
}

static bool resume_ready(struct shard *shard) {
    bool any = shard->ready_first != NULL;
    while (shard->ready_first) {
        struct request *request = shard->ready_first;
        shard->ready_first = request->ready_next;
        if (!shard->ready_first)
            shard->ready_last = NULL;
        unpark(request);
    }
    return any;
}

static void serve(struct shard *shard);

static int again(zloop_t *loop, int timer, void *arg) {
    (void)loop, (void)timer;
    struct shard *shard = arg;
    shard->hurrying = false;
    serve(shard);
    return 0;
}

static void serve(struct shard *shard) {
    MHD_UNSIGNED_LONG_LONG timeout;
    for (int i = 0; i < ROUNDS; i++) {
        resume_ready(shard);
        MHD_run(shard->daemon);
        if (!shard->ready_first && (MHD_get_timeout(shard->daemon, &timeout) != MHD_YES || timeout))
            return;
    }
    /* Others want their turn; but MHD has unread data that no event will announce again. */
    if (!shard->hurrying)
        shard->hurrying = zloop_timer(shard->loop, 0, 1, again, shard) >= 0;
}

static int http_ready(zloop_t *loop, zmq_pollitem_t *item, void *arg) {
    (void)loop, (void)item;
    serve(arg);
    return 0;
}

static int client_gone(zloop_t *loop, zmq_pollitem_t *item, void *arg) {
    (void)loop;
    struct shard *shard = arg;
    struct epoll_event events[64];
    int n = epoll_wait(item->fd, events, 64, 0);
    for (int i = 0; i < n; i++)
        request_abandon(events[i].data.ptr);
    serve(shard);
    return 0;
}

static void watch_client(struct request *request) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLONESHOT, .data.ptr = request};
    request->watched = !epoll_ctl(request->shard->watch_fd, EPOLL_CTL_ADD, info->connect_fd, &event);
}

/* --- the link --- */

static void link_said(void *self, const struct header *header, zmq_msg_t *body) {
    struct shard *shard = self;
    flights_say(shard->flights, header, zmq_msg_data(body), zmq_msg_size(body));
}

static void link_turn(void *self) {
    struct shard *shard = self;
    if (shard->ready_first)
        serve(shard);
}

static void link_lost(void *self, unsigned broker) {
    struct shard *shard = self;
    flights_lost(shard->flights, broker);
    link_turn(shard);
}

static void wake_main(struct shard *shard) {
    uint64_t one = 1;
    if (write(shard->news_fd, &one, sizeof one) < 0)
        log_warn(NULL, "wake_failed", NULL);
}

static void link_found(void *self, unsigned broker) {
    (void)broker;
    struct shard *shard = self;
    flights_found(shard->flights);
    keys_tick(shard->keys);
    if (!shard->counted) {
        shard->counted = true;
        atomic_fetch_add(shard->ready, 1);
        wake_main(shard);
    }
}

static void keys_news(void *self) {
    struct shard *shard = self;
    for (struct request *request = shard->parked; request; request = request->next)
        request_keys_news(request);
    link_turn(shard);
}

static void touch_number(const char *format, int64_t id) {
    char tag[64];
    int n = snprintf(tag, sizeof tag, format, (long long)id);
    cache_touch(cache_tag(tag, (size_t)n));
}

static void bus_event_came(void *self, const struct bus_event *event) {
    struct shard *shard = self;
    if (!strcmp(event->topic, "revoked")) {
        int64_t until = event->has_until ? event->until : clock_wall_ms() + config()->access_seconds * 1000;
        keys_revoke(shard->keys, event->id, until, false);
    } else if (!strcmp(event->topic, "invalidate") || !strcmp(event->topic, "progress")) {
        touch_number("title:%lld", event->id);
        cache_touch(cache_tag("titles", 6));
        if (!strcmp(event->topic, "progress"))
            events_progress(shard->events, event);
    } else if (!strcmp(event->topic, "notice"))
        notices_hint(shard->notices, event);
    link_turn(shard);
}

/* --- time --- */

/* Drain: everything parked must be resumed before MHD may stop. */
static bool drained(struct shard *shard) {
    if (shard->active && clock_ms() < shard->drain_until_ms)
        return false;
    while (shard->parked && !shard->parked->queued_ready)
        request_abandon(shard->parked), serve(shard);
    return true;
}

static void sweep_parked(struct shard *shard) {
    int64_t now = clock_ms();
    for (struct request *request = shard->parked; request; request = request->next) {
        /* A client that sends faster than the disk takes is still to be read to its end. */
        bool sending = request->data && !request->waiting;
        if (!request->watched && !sending && now - request->parked_ms >= WATCH_AFTER_MS && !request->queued_ready)
            watch_client(request);
        if (request->wants_keys && now - request->wants_keys_ms >= KEYS_WAIT_MS) {
            request->wants_keys = false;
            reply_refuse(request, UNAVAILABLE, NULL, "Logins cannot be checked right now.");
            request_resume(request);
        }
    }
}

static int tick(zloop_t *loop, int timer, void *arg) {
    (void)loop, (void)timer;
    struct shard *shard = arg;
    static _Thread_local unsigned ticks;
    flights_sweep(shard->flights);
    sweep_parked(shard);
    events_tick(shard->events);
    notices_tick(shard->notices);
    metric_set(shard->metrics, METRIC_ASKS, flights_count(shard->flights));
    metric_set(shard->metrics, METRIC_CONNECTIONS, shard->connections);
    bool slow = ++ticks % KEYS_TICKS == 0;
    if (slow && link_living(shard->link))
        keys_tick(shard->keys);
    if (slow || shard->ready_first)
        serve(shard);
    return shard->draining && drained(shard) ? -1 : 0;
}

static int stop_asked(zloop_t *loop, zmq_pollitem_t *item, void *arg) {
    struct shard *shard = arg;
    zloop_poller_end(loop, item);
    shard->draining = true;
    shard->drain_until_ms = clock_ms() + config()->drain_seconds * 1000;
    /* With SO_REUSEPORT a listener that nobody reads would still get its share of new clients. */
    MHD_socket listener = MHD_quiesce_daemon(shard->daemon);
    if (listener != MHD_INVALID_SOCKET)
        close(listener);
    events_end(shard->events);
    notices_end(shard->notices);
    serve(shard);
    return 0;
}

/* --- life --- */

static size_t raw_text(void *self, struct MHD_Connection *connection, char *text) {
    (void)self, (void)connection;
    return strlen(text);
}

static void mhd_log(void *self, const char *format, va_list args) {
    (void)self;
    char text[300];
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\r\n")] = 0;
    log_debug(NULL, "mhd", "text=%s", log_value(text));
}

static void connection_news(void *self, struct MHD_Connection *connection, void **context,
                            enum MHD_ConnectionNotificationCode code) {
    (void)connection, (void)context;
    struct shard *shard = self;
    shard->connections += code == MHD_CONNECTION_NOTIFY_STARTED ? 1 : -1u;
}

static int open_daemon(struct shard *shard) {
    shard->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, request_handle, shard,
        MHD_OPTION_EXTERNAL_LOGGER, mhd_log, NULL, MHD_OPTION_LISTEN_SOCKET, shard->listen_fd,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)config()->edge_connections, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IDLE_SECONDS, MHD_OPTION_NOTIFY_COMPLETED, request_completed, shard, MHD_OPTION_NOTIFY_CONNECTION,
        connection_news, shard, MHD_OPTION_UNESCAPE_CALLBACK, raw_text, NULL, MHD_OPTION_END);
    if (!shard->daemon)
        return -1;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(shard->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    shard->http = (zmq_pollitem_t){.fd = info->epoll_fd, .events = ZMQ_POLLIN};
    return zloop_poller(shard->loop, &shard->http, http_ready, shard);
}

static int open_all(struct shard *shard) {
    shard->serve = serve;
    shard->loop = zloop_new();
    shard->flights = flights_new();
    shard->watch_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!shard->loop || !shard->flights || shard->watch_fd < 0)
        return -1;
    zloop_set_ticket_delay(shard->loop, 1000);
    shard->keys = keys_new(shard->flights, keys_news, shard);
    shard->sessions = sessions_new(shard->keys);
    shard->cache = cache_new();
    shard->segments = segments_new(shard->metrics);
    shard->objects = store_remote() ? objects_new(shard) : NULL;
    shard->films = films_new();
    shard->members = members_new();
    shard->uploads = uploads_new(shard);
    shard->events = events_new(shard);
    shard->notices = notices_new(shard);
    shard->board = board_new(shard);
    struct link_options options = {
        .loop = shard->loop,
        .service = -1,
        .calls = {.say = link_said, .turn = link_turn, .lost = link_lost, .found = link_found},
        .self = shard};
    shard->link = link_open(&options);
    shard->bus = bus_open(shard->loop, bus_event_came, shard);
    if (!shard->keys || !shard->sessions || !shard->cache || !shard->segments || !shard->films || !shard->members ||
        !shard->uploads || (store_remote() && !shard->objects) || !shard->events || !shard->notices || !shard->board ||
        !shard->link || !shard->bus || open_daemon(shard))
        return -1;
    flights_use(shard->flights, shard->link);
    shard->watch = (zmq_pollitem_t){.fd = shard->watch_fd, .events = ZMQ_POLLIN};
    shard->stop = (zmq_pollitem_t){.fd = shard->stop_fd, .events = ZMQ_POLLIN};
    return zloop_poller(shard->loop, &shard->watch, client_gone, shard) ||
                   zloop_poller(shard->loop, &shard->stop, stop_asked, shard) ||
                   zloop_timer(shard->loop, TICK_MS, 0, tick, shard) < 0
               ? -1
               : 0;
}

static void close_all(struct shard *shard) {
    if (shard->daemon)
        MHD_stop_daemon(shard->daemon);
    uploads_free(shard->uploads);
    events_free(shard->events);
    notices_free(shard->notices);
    board_free(shard->board);
    objects_free(shard->objects);
    segments_free(shard->segments);
    films_free(shard->films);
    members_free(shard->members);
    cache_free(shard->cache);
    sessions_free(shard->sessions);
    keys_free(shard->keys);
    bus_free(shard->bus);
    link_free(shard->link);
    flights_free(shard->flights);
    requests_free(shard);
    zloop_destroy(&shard->loop);
    if (shard->watch_fd > 0)
        close(shard->watch_fd);
}

static void *run(void *arg) {
    struct shard *shard = arg;
    random_bytes(&shard->random, sizeof shard->random);
    if (open_all(shard)) {
        log_error(NULL, "shard_failed", "shard=%u", shard->number);
        shard->failed = true;
    } else {
        serve(shard);
        zloop_start(shard->loop);
    }
    close_all(shard);
    shard->serving = false;
    wake_main(shard);
    return NULL;
}

int shard_start(struct shard *shard) {
    shard->serving = true;
    return pthread_create(&shard->thread, NULL, run, shard) ? -1 : 0;
}
