#include "protocol/node/link.h"

#include <stdlib.h>
#include <unistd.h>

#include "protocol/node/clock.h"
#include "protocol/node/config.h"
#include "protocol/node/curve.h"
#include "protocol/node/log.h"
#include "protocol/wire/codec.h"

enum { BROKERS_MAX = 16, BURST = 512, HIGH_WATER = 100000, GREET_MAX_MS = 250 };

struct broker {
    struct link *link;
    unsigned number;
    zsock_t *sock;
    void *raw;
    int64_t heard_ms;
    bool living;
};

struct link {
    struct link_options options;
    struct broker brokers[BROKERS_MAX];
    unsigned count, turn;
    uint64_t edge, sequence;
    int beat_timer, greet_timer;
    size_t greet_ms;
    bool leaving;
};

/* The prefix ends in a port, and the sockets follow it. */
int broker_tcp_endpoint(const char *prefix, size_t n, const char *name, char *to, size_t size) {
    static const char *const order[] = {"ask", "work", "admin", "bus"};
    const char *colon = n > 6 && !strncmp(prefix, "tcp://", 6) ? memrchr(prefix + 6, ':', n - 6) : NULL;
    long port = colon ? strtol(colon + 1, NULL, 10) : 0;
    int length = -1;
    if (port < 1 || port > 65532)
        return -1;
    for (int k = 0; k < 4; k++)
        if (!strcmp(order[k], name))
            length = snprintf(to, size, "%.*s:%ld", (int)(colon - prefix), prefix, port + k);
    return length > 0 && (size_t)length < size ? 0 : -1;
}

int broker_endpoint(unsigned i, const char *name, char *to, size_t size) {
    const char *at = config()->brokers;
    if (!*at) {
        int n = snprintf(to, size, "ipc://%s/run/broker.%s", config()->data, name);
        return i == 0 && n > 0 && (size_t)n < size ? 0 : -1;
    }
    for (; i; i--) {
        at += strcspn(at, ",");
        if (!*at++)
            return -1;
    }
    size_t length = strcspn(at, ",");
    if (!strncmp(at, "tcp://", 6))
        return broker_tcp_endpoint(at, length, name, to, size);
    int n = length ? snprintf(to, size, "ipc://%.*s/broker.%s", (int)length, at, name) : -1;
    return n > 0 && (size_t)n < size ? 0 : -1;
}

static int send_frames(void *raw, const struct header *header, zmq_msg_t *body) {
    uint8_t bytes[HEADER_BYTES];
    struct header sized = *header;
    sized.body_bytes = (uint32_t)zmq_msg_size(body);
    header_write(&sized, bytes);
    if (zmq_send(raw, bytes, sizeof bytes, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0)
        return -1;
    return zmq_msg_send(body, raw, ZMQ_DONTWAIT) < 0 ? -1 : 0;
}

static int send_bytes(void *raw, const struct header *header, const void *body, size_t n) {
    zmq_msg_t message;
    if (zmq_msg_init_size(&message, n))
        return -1;
    if (n)
        memcpy(zmq_msg_data(&message), body, n);
    int rc = send_frames(raw, header, &message);
    zmq_msg_close(&message);
    return rc;
}

static void say_ready(struct broker *broker) {
    const struct link_options *options = &broker->link->options;
    if (options->service < 0 || broker->link->leaving)
        return;
    char instance[64], host[32] = "";
    gethostname(host, sizeof host - 1);
    snprintf(instance, sizeof instance, "%s@%s:%d", service_name((unsigned)options->service), host, (int)getpid());
    struct worker_ready ready = {.service = service_name((unsigned)options->service),
                                 .instance = instance,
                                 .fast = options->fast,
                                 .heavy = options->heavy};
    struct buffer body = {0};
    struct header header = {.kind = KIND_READY};
    if (body_encode(worker_ready_record(), &ready, &body) || send_bytes(broker->raw, &header, body.at, body.n))
        log_warn(NULL, "ready_not_sent", "broker=%u", broker->number);
    buffer_free(&body);
}

static void heard(struct broker *broker) {
    broker->heard_ms = clock_ms();
    if (broker->living)
        return;
    broker->living = true;
    log_info(NULL, "broker_found", "broker=%u", broker->number);
    if (broker->link->options.calls.found)
        broker->link->options.calls.found(broker->link->options.self, broker->number);
}

static void deliver(struct broker *broker, const struct header *header, zmq_msg_t *body) {
    const struct link_calls *calls = &broker->link->options.calls;
    void *self = broker->link->options.self;
    heard(broker);
    switch (header->kind) {
    case KIND_ASK:
        if (calls->ask)
            calls->ask(self, broker->number, header, body);
        break;
    case KIND_CANCEL:
        if (calls->cancel)
            calls->cancel(self, header);
        break;
    case KIND_SAY:
    case KIND_PART:
        if (calls->say)
            calls->say(self, header, body);
        break;
    case KIND_BYE:
        /* The broker does not know us: it was restarted, or thought us dead. With a status it has refused our READY,
         * and saying it at once again would go round for ever; the next beat brings it up again. */
        if (header->status == OK)
            say_ready(broker);
        break;
    default:
        break;
    }
}

/* 1 when a message was read, 0 when there is none. */
static int receive(struct broker *broker) {
    zmq_msg_t frame, body;
    struct header header;
    zmq_msg_init(&frame);
    if (zmq_msg_recv(&frame, broker->raw, ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(&frame);
        return 0;
    }
    bool more = zmq_msg_more(&frame);
    bool good = !header_read(&header, zmq_msg_data(&frame), zmq_msg_size(&frame)) && more;
    zmq_msg_close(&frame);
    zmq_msg_init(&body);
    if (more) {
        if (zmq_msg_recv(&body, broker->raw, ZMQ_DONTWAIT) < 0)
            good = false;
        more = zmq_msg_more(&body);
        good = good && !more && zmq_msg_size(&body) == header.body_bytes;
    }
    while (more) {
        zmq_msg_t extra;
        zmq_msg_init(&extra);
        more = zmq_msg_recv(&extra, broker->raw, ZMQ_DONTWAIT) >= 0 && zmq_msg_more(&extra);
        zmq_msg_close(&extra);
    }
    if (good)
        deliver(broker, &header, &body);
    else
        log_warn(NULL, "malformed_frames", "broker=%u", broker->number);
    zmq_msg_close(&body);
    return 1;
}

static int readable(zloop_t *loop, zsock_t *sock, void *arg) {
    (void)loop, (void)sock;
    struct broker *broker = arg;
    for (int i = 0; i < BURST && receive(broker); i++)
        ;
    if (broker->link->options.calls.turn)
        broker->link->options.calls.turn(broker->link->options.self);
    return 0;
}

static int beat(zloop_t *loop, int timer, void *arg) {
    (void)loop, (void)timer;
    struct link *link = arg;
    struct header header = {.kind = KIND_BEAT};
    for (unsigned i = 0; i < link->count; i++) {
        struct broker *broker = &link->brokers[i];
        send_bytes(broker->raw, &header, NULL, 0);
        if (!broker->living || clock_ms() - broker->heard_ms < config()->silence_ms)
            continue;
        broker->living = false;
        log_warn(NULL, "broker_silent", "broker=%u", i);
        if (link->options.calls.lost)
            link->options.calls.lost(link->options.self, i);
    }
    return 0;
}

static int connect_broker(struct link *link, unsigned i) {
    char endpoint[512];
    struct broker *broker = &link->brokers[i];
    if (broker_endpoint(i, link->options.service < 0 ? "ask" : "work", endpoint, sizeof endpoint))
        return -1;
    *broker = (struct broker){.link = link, .number = i, .sock = zsock_new(ZMQ_DEALER)};
    if (!broker->sock)
        return -1;
    zsock_set_sndhwm(broker->sock, HIGH_WATER);
    zsock_set_rcvhwm(broker->sock, HIGH_WATER);
    zsock_set_immediate(broker->sock, 1);
    zsock_set_reconnect_ivl(broker->sock, LINK_RECONNECT_MS);
    zsock_set_reconnect_ivl_max(broker->sock, LINK_RECONNECT_MAX_MS);
    zsock_set_maxmsgsize(broker->sock, BODY_MAX_BYTES + HEADER_BYTES);
    zsock_set_linger(broker->sock, 200);
    broker->raw = zsock_resolve(broker->sock);
    if (curve_dial(broker->sock, endpoint) || zsock_connect(broker->sock, "%s", endpoint) ||
        zloop_reader(link->options.loop, broker->sock, readable, broker)) {
        log_error(NULL, "broker_unreachable", "endpoint=%s", log_value(endpoint));
        zsock_destroy(&broker->sock);
        return -1;
    }
    /* Readers of a busy socket must not end the loop on an error of theirs. */
    zloop_reader_set_tolerant(link->options.loop, broker->sock);
    link->count = i + 1;
    return 0;
}

/* A connection takes a moment; READY is said as soon as the socket takes it. */
static int greet(zloop_t *loop, int timer, void *arg) {
    (void)timer;
    struct link *link = arg;
    bool all = true;
    for (unsigned i = 0; i < link->count; i++) {
        struct broker *broker = &link->brokers[i];
        if (broker->living)
            continue;
        all = false;
        if (!(zsock_events(broker->sock) & ZMQ_POLLOUT))
            continue;
        struct header header = {.kind = KIND_BEAT};
        if (link->options.service >= 0)
            say_ready(broker);
        send_bytes(broker->raw, &header, NULL, 0);
    }
    /* A broker that is away for long is not worth two hundred wake-ups a second. */
    link->greet_ms = link->greet_ms < GREET_MAX_MS ? link->greet_ms * 5 / 4 + 1 : GREET_MAX_MS;
    link->greet_timer = all ? 0 : zloop_timer(loop, link->greet_ms, 1, greet, link);
    return 0;
}

struct link *link_open(const struct link_options *options) {
    struct link *link = calloc(1, sizeof *link);
    if (!link)
        return NULL;
    link->options = *options;
    link->edge = random_u64() >> 1 | 1;
    char endpoint[512];
    for (unsigned i = 0; i < BROKERS_MAX && !broker_endpoint(i, "ask", endpoint, sizeof endpoint); i++)
        if (connect_broker(link, i)) {
            link_free(link);
            return NULL;
        }
    link->beat_timer = zloop_timer(options->loop, (size_t)config()->beat_ms, 0, beat, link);
    link->greet_timer = zloop_timer(options->loop, 1, 1, greet, link);
    return link;
}

void link_free(struct link *link) {
    if (!link)
        return;
    if (link->beat_timer > 0)
        zloop_timer_end(link->options.loop, link->beat_timer);
    if (link->greet_timer > 0)
        zloop_timer_end(link->options.loop, link->greet_timer);
    for (unsigned i = 0; i < link->count; i++) {
        zloop_reader_end(link->options.loop, link->brokers[i].sock);
        zsock_destroy(&link->brokers[i].sock);
    }
    free(link);
}

int link_ask(struct link *link, struct header *header, const void *body, size_t n) {
    header->kind = KIND_ASK;
    if (!header->key.edge)
        header->key = (struct ask_key){link->edge, ++link->sequence};
    for (unsigned i = 0; i < link->count; i++) {
        struct broker *broker = &link->brokers[link->turn++ % link->count];
        if (broker->living && !send_bytes(broker->raw, header, body, n))
            return (int)broker->number;
    }
    return -1;
}

int link_send(struct link *link, unsigned broker, const struct header *header, zmq_msg_t *body) {
    return broker < link->count ? send_frames(link->brokers[broker].raw, header, body) : -1;
}

int link_say(struct link *link, unsigned broker, const struct header *header, const void *body, size_t n) {
    return broker < link->count ? send_bytes(link->brokers[broker].raw, header, body, n) : -1;
}

void link_cancel(struct link *link, unsigned broker, const struct header *asked) {
    struct header header = *asked;
    header.kind = KIND_CANCEL;
    if (broker < link->count)
        send_bytes(link->brokers[broker].raw, &header, NULL, 0);
}

void link_event(struct link *link, const struct bus_event *event) {
    struct buffer body = {0};
    struct header header = {.kind = KIND_EVENT};
    if (!body_encode(bus_event_record(), event, &body))
        for (unsigned i = 0; i < link->count; i++)
            send_bytes(link->brokers[i].raw, &header, body.at, body.n);
    buffer_free(&body);
}

void link_bye(struct link *link) {
    struct header header = {.kind = KIND_BYE};
    link->leaving = true;
    for (unsigned i = 0; i < link->count; i++)
        send_bytes(link->brokers[i].raw, &header, NULL, 0);
}

unsigned link_count(const struct link *link) {
    return link->count;
}

unsigned link_living(const struct link *link) {
    unsigned living = 0;
    for (unsigned i = 0; i < link->count; i++)
        living += link->brokers[i].living;
    return living;
}

uint64_t link_edge(const struct link *link) {
    return link->edge;
}
