#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/wire/codec.h"
#include "tests/broker/house.h"

struct peer *peer_open(const struct house *house, const char *side) {
    char endpoint[128];
    static uint64_t edges = 1000;
    struct peer *peer = calloc(1, sizeof *peer);
    assert_non_null(peer);
    peer->context = zmq_ctx_new();
    peer->socket = zmq_socket(peer->context, ZMQ_DEALER);
    peer->edge = ++edges;
    zmq_msg_init(&peer->body);
    int none = 0, high = 100000;
    zmq_setsockopt(peer->socket, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(peer->socket, ZMQ_SNDHWM, &high, sizeof high);
    zmq_setsockopt(peer->socket, ZMQ_RCVHWM, &high, sizeof high);
    snprintf(endpoint, sizeof endpoint, "ipc://%s/run/broker.%s", house->data, side);
    assert_int_equal(zmq_connect(peer->socket, endpoint), 0);
    return peer;
}

void peer_close(struct peer *peer) {
    zmq_msg_close(&peer->body);
    zmq_close(peer->socket);
    zmq_ctx_term(peer->context);
    free(peer);
}

void peer_send_frames(struct peer *peer, unsigned count, const void *const *frames, const size_t *sizes) {
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(zmq_send(peer->socket, frames[i], sizes[i], i + 1 < count ? ZMQ_SNDMORE : 0), (int)sizes[i]);
}

void peer_send(struct peer *peer, struct header header, const void *body, size_t n) {
    uint8_t head[HEADER_BYTES];
    header.body_bytes = (uint32_t)n;
    header_write(&header, head);
    peer_send_frames(peer, 2, (const void *[]){head, body}, (size_t[]){sizeof head, n});
}

void peer_ask(struct peer *peer, unsigned message, uint64_t sequence, uint32_t remaining_ms, const char *text) {
    peer_send(peer,
              (struct header){.kind = KIND_ASK,
                              .message = (uint16_t)message,
                              .remaining_ms = remaining_ms,
                              .key = {peer->edge, sequence},
                              .user = 7,
                              .roles = ROLE_USER},
              text, strlen(text));
}

void peer_cancel(struct peer *peer, uint64_t sequence) {
    peer_send(peer, (struct header){.kind = KIND_CANCEL, .key = {peer->edge, sequence}}, NULL, 0);
}

static bool take_any(struct peer *peer, int64_t timeout_ms) {
    zmq_pollitem_t item = {.socket = peer->socket, .events = ZMQ_POLLIN};
    if (timeout_ms < 0 || zmq_poll(&item, 1, timeout_ms) < 1)
        return false;
    uint8_t head[HEADER_BYTES];
    int n = zmq_recv(peer->socket, head, sizeof head, 0), more = 0;
    size_t size = sizeof more;
    assert_int_equal(n, HEADER_BYTES);
    assert_int_equal(header_read(&peer->header, head, sizeof head), 0);
    zmq_getsockopt(peer->socket, ZMQ_RCVMORE, &more, &size);
    assert_true(more);
    assert_true(zmq_msg_recv(&peer->body, peer->socket, 0) >= 0);
    assert_false(zmq_msg_more(&peer->body));
    assert_int_equal(zmq_msg_size(&peer->body), peer->header.body_bytes);
    return true;
}

bool peer_take(struct peer *peer, int timeout_ms) {
    int64_t end = now_ms() + timeout_ms;
    while (take_any(peer, end - now_ms()))
        if (peer->header.kind != KIND_BEAT)
            return true;
    return false;
}

void peer_expect(struct peer *peer, enum kind kind, uint64_t sequence) {
    assert_true(peer_take(peer, PATIENCE_MS));
    assert_int_equal(peer->header.kind, kind);
    assert_int_equal(peer->header.key.sequence, sequence);
}

void peer_expect_status(struct peer *peer, uint64_t sequence, enum status status) {
    peer_expect(peer, KIND_SAY, sequence);
    assert_int_equal(peer->header.key.edge, peer->edge);
    assert_string_equal(status_row(peer->header.status)->name, status_row(status)->name);
}

void peer_expect_nothing(struct peer *peer, int ms) {
    if (peer_take(peer, ms))
        fail_msg("kind %d sequence %d came", peer->header.kind, (int)peer->header.key.sequence);
}

/* Workers. */

void worker_ready(struct peer *worker, const char *service, unsigned fast, unsigned heavy) {
    char instance[32];
    snprintf(instance, sizeof instance, "test-%d", (int)worker->edge);
    struct worker_ready ready = {.service = service, .instance = instance, .fast = fast, .heavy = heavy};
    struct buffer body = {0};
    assert_int_equal(body_encode(worker_ready_record(), &ready, &body), 0);
    peer_send(worker, (struct header){.kind = KIND_READY}, body.at, body.n);
    buffer_free(&body);
}

static bool registered(const struct house *house, const struct peer *worker) {
    char instance[32];
    const struct broker_state *state = house_state(house);
    snprintf(instance, sizeof instance, "test-%d", (int)worker->edge);
    for (size_t i = 0; i < state->workers.n; i++)
        if (!strcmp(LIST_AT(state->workers, struct worker_row, i).instance, instance))
            return true;
    return false;
}

struct peer *worker_open(const struct house *house, const char *service, unsigned fast, unsigned heavy) {
    struct peer *worker = peer_open(house, "work");
    worker_ready(worker, service, fast, heavy);
    for (int64_t end = now_ms() + PATIENCE_MS; !registered(house, worker); sleep_ms(1))
        assert_true(now_ms() < end);
    return worker;
}

void worker_say(struct peer *worker, const struct header *asked, enum kind kind, const char *text) {
    struct header header = asked ? *asked : worker->header;
    header.kind = (uint8_t)kind;
    header.status = OK;
    peer_send(worker, header, text, strlen(text));
}
