#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/wire/codec.h"
#include "tests/actor/house.h"

const struct who nobody = {0, 0}, viewer = {7, ROLE_USER}, admin = {1, ROLE_USER | ROLE_ADMIN},
                 service = {0, ROLE_SERVICE};

static struct peer *worker;

void peer_beat(void) {
    static int64_t last_ms;
    if (!worker || now_ms() - last_ms < 100)
        return;
    last_ms = now_ms();
    peer_send(worker, (struct header){.kind = KIND_BEAT}, NULL, NULL);
}

struct peer *peer_open(const char *side) {
    char endpoint[128];
    static uint64_t edges = 1000;
    struct peer *peer = calloc(1, sizeof *peer);
    assert_non_null(peer);
    *peer = (struct peer){.context = zmq_ctx_new(), .edge = ++edges, .arena = arena_new()};
    peer->socket = zmq_socket(peer->context, ZMQ_DEALER);
    zmq_msg_init(&peer->body);
    int none = 0, high = 100000;
    zmq_setsockopt(peer->socket, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(peer->socket, ZMQ_SNDHWM, &high, sizeof high);
    zmq_setsockopt(peer->socket, ZMQ_RCVHWM, &high, sizeof high);
    snprintf(endpoint, sizeof endpoint, "ipc://%s/run/broker.%s", house_data(), side);
    assert_int_equal(zmq_connect(peer->socket, endpoint), 0);
    return peer;
}

void peer_close(struct peer *peer) {
    if (peer == worker)
        worker = NULL;
    zmq_msg_close(&peer->body);
    zmq_close(peer->socket);
    zmq_ctx_term(peer->context);
    arena_free(peer->arena);
    free(peer);
}

void peer_send(struct peer *peer, struct header header, const struct record *record, const void *value) {
    uint8_t head[HEADER_BYTES];
    struct buffer body = {0};
    if (value)
        assert_int_equal(body_encode(record, value, &body), 0);
    header.body_bytes = (uint32_t)body.n;
    header_write(&header, head);
    assert_int_equal(zmq_send(peer->socket, head, sizeof head, ZMQ_SNDMORE), sizeof head);
    assert_int_equal(zmq_send(peer->socket, body.at, body.n, 0), body.n);
    buffer_free(&body);
}

static bool take_any(struct peer *peer, int64_t timeout_ms) {
    zmq_pollitem_t item = {.socket = peer->socket, .events = ZMQ_POLLIN};
    uint8_t head[HEADER_BYTES];
    if (zmq_poll(&item, 1, timeout_ms < 0 ? 0 : timeout_ms > 100 ? 100 : timeout_ms) < 1)
        return false;
    assert_int_equal(zmq_recv(peer->socket, head, sizeof head, 0), HEADER_BYTES);
    assert_int_equal(header_read(&peer->header, head, sizeof head), 0);
    assert_true(zmq_msg_recv(&peer->body, peer->socket, 0) >= 0);
    assert_int_equal(zmq_msg_size(&peer->body), peer->header.body_bytes);
    return true;
}

bool peer_take(struct peer *peer, int timeout_ms) {
    int64_t end = now_ms() + timeout_ms;
    do {
        peer_beat();
        if (take_any(peer, end - now_ms()) && peer->header.kind != KIND_BEAT)
            return true;
    } while (now_ms() < end);
    return false;
}

void *peer_decode(struct peer *peer, const struct record *record) {
    struct fault fault = {0};
    void *value = body_decode(record, zmq_msg_data(&peer->body), zmq_msg_size(&peer->body), peer->arena, &fault);
    if (!value)
        fail_msg("%s%s %s", record->about->name, fault.field, fault.why);
    return value;
}

struct peer *worker_open(const char *name, unsigned credit) {
    worker = peer_open("work");
    peer_send(worker, (struct header){.kind = KIND_READY}, worker_ready_record(),
              &(struct worker_ready){.service = name, .instance = "test", .fast = credit});
    house_await(name, 1);
    return worker;
}

void worker_say(struct peer *peer, enum status status) {
    struct header header = peer->header;
    header.kind = KIND_SAY;
    header.status = (uint16_t)status;
    peer_send(peer, header, nothing_record(), status == OK ? &(struct nothing){0} : NULL);
}

/* Asking. Answers live until the 64th ask after theirs. */

static struct arena *answer_arena(void) {
    static struct arena *arenas[64];
    static unsigned turn;
    struct arena **arena = &arenas[turn++ % 64];
    arena_free(*arena);
    *arena = arena_new();
    assert_non_null(*arena);
    return *arena;
}

struct answer ask_as(struct ask_key key, unsigned message, struct who who, const void *value) {
    static struct peer *peer;
    if (!peer)
        peer = peer_open("ask");
    const struct message *row = message_row(message);
    if (!key.edge)
        key = (struct ask_key){peer->edge, ++peer->sequence};
    peer_send(peer,
              (struct header){.kind = KIND_ASK,
                              .message = (uint16_t)message,
                              .remaining_ms = 10000,
                              .key = key,
                              .user = who.user,
                              .roles = who.roles},
              row->ask(), value ? value : &(struct nothing){0});
    do
        assert_true(peer_take(peer, PATIENCE_MS));
    while (peer->header.kind != KIND_SAY || peer->header.key.edge != key.edge ||
           peer->header.key.sequence != key.sequence);
    struct answer answer = {.status = (enum status)peer->header.status};
    struct arena *kept = peer->arena;
    peer->arena = answer_arena();
    if (answer.status == OK)
        answer.reply = peer->header.body_bytes ? peer_decode(peer, row->reply()) : NULL;
    else
        answer.problem = peer->header.body_bytes ? peer_decode(peer, problem_record())
                                                 : arena_alloc(peer->arena, sizeof(struct problem));
    peer->arena = kept;
    return answer;
}

struct answer ask(unsigned message, struct who who, const void *value) {
    return ask_as((struct ask_key){0}, message, who, value);
}

void expect_status(struct answer answer, enum status status) {
    if (answer.status != status && answer.problem && answer.problem->detail)
        print_message("problem: %s: %s\n", answer.problem->code, answer.problem->detail);
    assert_string_equal(status_row(answer.status)->name, status_row(status)->name);
}

void *ask_ok(unsigned message, struct who who, const void *value) {
    struct answer answer = ask(message, who, value);
    expect_status(answer, OK);
    return answer.reply;
}

void expect_code(struct answer answer, enum status status, const char *code) {
    expect_status(answer, status);
    assert_non_null(answer.problem->code);
    assert_string_equal(answer.problem->code, code);
}

void expect_field(struct answer answer, const char *field) {
    expect_status(answer, INVALID);
    assert_non_null(answer.problem->field);
    assert_string_equal(answer.problem->field, field);
}

/* The bus. */

struct ear {
    void *context, *socket;
    struct arena *arena;
};

struct ear *ear_open(void) {
    char endpoint[128];
    struct ear *ear = calloc(1, sizeof *ear);
    assert_non_null(ear);
    *ear = (struct ear){.context = zmq_ctx_new(), .arena = arena_new()};
    ear->socket = zmq_socket(ear->context, ZMQ_SUB);
    int none = 0;
    zmq_setsockopt(ear->socket, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(ear->socket, ZMQ_SUBSCRIBE, "", 0);
    snprintf(endpoint, sizeof endpoint, "ipc://%s/run/broker.bus", house_data());
    assert_int_equal(zmq_connect(ear->socket, endpoint), 0);
    /* A subscription takes a moment and nothing tells when: say something until it is heard. */
    struct peer *mouth = peer_open("ask");
    struct bus_event event;
    do
        peer_send(mouth, (struct header){.kind = KIND_EVENT}, bus_event_record(),
                  &(struct bus_event){.topic = "progress"});
    while (!ear_take(ear, "progress", &event, 10));
    peer_close(mouth);
    return ear;
}

void ear_close(struct ear *ear) {
    zmq_close(ear->socket);
    zmq_ctx_term(ear->context);
    arena_free(ear->arena);
    free(ear);
}

bool ear_take(struct ear *ear, const char *topic, struct bus_event *event, int timeout_ms) {
    char heard[64];
    zmq_msg_t body;
    zmq_pollitem_t item = {.socket = ear->socket, .events = ZMQ_POLLIN};
    for (int64_t end = now_ms() + timeout_ms; now_ms() < end && zmq_poll(&item, 1, end - now_ms()) == 1;) {
        int n = zmq_recv(ear->socket, heard, sizeof heard - 1, 0);
        assert_in_range(n, 1, sizeof heard - 1);
        heard[n] = 0;
        zmq_msg_init(&body);
        assert_true(zmq_msg_recv(&body, ear->socket, 0) >= 0);
        struct fault fault;
        const struct bus_event *value =
            body_decode(bus_event_record(), zmq_msg_data(&body), zmq_msg_size(&body), ear->arena, &fault);
        assert_non_null(value);
        *event = *value;
        zmq_msg_close(&body);
        if (!strcmp(heard, topic))
            return true;
    }
    return false;
}
