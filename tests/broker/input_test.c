/* Points 14 and 16: whatever comes in by a socket. */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/wire/codec.h"
#include "tests/broker/tests.h"

static void send_odd(struct peer *peer, unsigned count, ...) {
    const void *frames[16];
    size_t sizes[16];
    va_list list;
    va_start(list, count);
    for (unsigned i = 0; i < count; i++) {
        frames[i] = va_arg(list, const void *);
        sizes[i] = va_arg(list, size_t);
    }
    va_end(list);
    peer_send_frames(peer, count, frames, sizes);
}

static void good_header(uint8_t head[HEADER_BYTES], size_t body_bytes) {
    struct header header = {
        .kind = KIND_ASK, .message = MSG_content_show, .key = {1, 1}, .body_bytes = (uint32_t)body_bytes};
    header_write(&header, head);
}

/* How many messages were sent, none of which is one. */
static unsigned send_malformed(struct peer *peer) {
    uint8_t head[HEADER_BYTES], odd[HEADER_BYTES + 1] = {0};
    unsigned sent = 0;
    good_header(head, 1);
    send_odd(peer, 1, "", (size_t)0), sent++;
    send_odd(peer, 1, head, sizeof head), sent++;
    send_odd(peer, 2, "", (size_t)0, "", (size_t)0), sent++;
    send_odd(peer, 3, head, sizeof head, "x", (size_t)1, "y", (size_t)1), sent++;
    send_odd(peer, 2, head, sizeof head, "xx", (size_t)2), sent++;
    send_odd(peer, 2, head, sizeof head, "", (size_t)0), sent++;
    for (size_t n = 0; n < HEADER_BYTES; n += 7)
        send_odd(peer, 2, head, n, "x", (size_t)1), sent++;
    memcpy(odd, head, sizeof head);
    send_odd(peer, 2, odd, sizeof odd, "x", (size_t)1), sent++;
    for (int magic = 0; magic < 4; magic++) {
        good_header(head, 1);
        head[magic] ^= 0xff;
        send_odd(peer, 2, head, sizeof head, "x", (size_t)1), sent++;
    }
    for (int version = 0; version < 256; version++) {
        good_header(head, 1);
        head[4] = (uint8_t)version;
        if (version != HEADER_VERSION)
            send_odd(peer, 2, head, sizeof head, "x", (size_t)1), sent++;
    }
    good_header(head, 1);
    head[5] = 0;
    send_odd(peer, 2, head, sizeof head, "x", (size_t)1), sent++;
    for (int kind = KIND_LAST; kind < 256; kind++) {
        head[5] = (uint8_t)kind;
        send_odd(peer, 2, head, sizeof head, "x", (size_t)1), sent++;
    }
    good_header(head, UINT32_MAX);
    send_odd(peer, 2, head, sizeof head, "x", (size_t)1), sent++;
    return sent;
}

static void await_malformed(const struct house *house, int64_t count) {
    int64_t end = now_ms() + PATIENCE_MS;
    while (house_state(house)->malformed < count && now_ms() < end)
        sleep_ms(5);
    assert_int_equal(house_state(house)->malformed, count);
}

void point_14_malformed_frames(void **state) {
    (void)state;
    static const char *const sides[] = {"ask", "work", "admin"};
    struct house house;
    house_open(&house, NULL);
    struct peer *worker = worker_open(&house, "content", 8, 0);
    int64_t sent = 0;
    for (int i = 0; i < 3; i++) {
        struct peer *peer = peer_open(&house, sides[i]);
        sent += send_malformed(peer);
        await_malformed(&house, sent);
        if (!strcmp(sides[i], "work"))
            peer_expect(peer, KIND_BYE, 0);
        peer_close(peer);
    }
    /* Everybody else is served as before. */
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_show, 1, 15000, "x");
    peer_expect(worker, KIND_ASK, 1);
    worker_say(worker, NULL, KIND_SAY, "x");
    peer_expect_status(edge, 1, OK);
    peer_close(edge);
    peer_close(worker);
    house_close(&house);
}

static uint32_t chaos = 1;

static uint32_t chance(void) {
    chaos ^= chaos << 13;
    chaos ^= chaos >> 17;
    return chaos ^= chaos << 5;
}

/* A header that may be good in every field, with a body of noise. */
static void send_random(struct peer *peer) {
    uint8_t head[HEADER_BYTES], body[300];
    size_t n = chance() % sizeof body;
    struct header header = {.kind = (uint8_t)(1 + chance() % (KIND_LAST - 1)),
                            .attempt = (uint8_t)chance(),
                            .message =
                                chance() % 4 ? (uint16_t)(chance() % 6 * 100 + chance() % 9) : (uint16_t)chance(),
                            .status = (uint16_t)chance(),
                            .remaining_ms = chance() % 3 ? chance() % 50 : chance(),
                            .key = {chance() % 3, chance() % 200},
                            .user = (int64_t)((uint64_t)chance() << 32 | chance()),
                            .roles = chance(),
                            .body_bytes = chance() % 16 ? (uint32_t)n : chance()};
    for (size_t i = 0; i < n; i++)
        body[i] = (uint8_t)(chance() % 4 ? chance() : 0x81 + chance() % 8);
    header_write(&header, head);
    if (chance() % 16 == 0)
        head[chance() % HEADER_BYTES] ^= (uint8_t)(1 << chance() % 8);
    const void *frames[] = {head, body, head, body};
    size_t sizes[] = {chance() % 32 ? sizeof head : chance() % sizeof head, n, sizeof head, n};
    peer_send_frames(peer, chance() % 32 ? 2 : 1 + chance() % 4, frames, sizes);
}

void point_14_random_frames(void **state) {
    (void)state;
    static const char *const sides[] = {"ask", "work", "admin"};
    struct house house;
    house_open(&house, NULL);
    struct peer *peers[6];
    for (int i = 0; i < 6; i++)
        peers[i] = peer_open(&house, sides[i % 3]);
    for (int i = 0; i < 30000; i++) {
        struct peer *peer = peers[chance() % 6];
        /* Real workers among them, so that asks are handed out and noise may hit them. */
        if (chance() % 50 == 0)
            worker_ready(peer, service_name(1 + chance() % (SERVICE_COUNT - 1)), chance() % 9, chance() % 9);
        else
            send_random(peer);
    }
    for (int i = 0; i < 6; i++) {
        while (peer_take(peers[i], 30))
            ;
        peer_close(peers[i]);
    }
    assert_int_equal(kill(house.broker, 0), 0);
    assert_true(house_state(&house)->malformed > 1000);
    house_close(&house);
}

static void expect_refused(struct peer *peer, const void *body, size_t n) {
    peer_send(peer, (struct header){.kind = KIND_READY}, body, n);
    peer_expect(peer, KIND_BYE, 0);
    assert_int_not_equal(peer->header.status, OK);
}

void point_14_ready_is_checked(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *worker = peer_open(&house, "work");
    static const char *const bodies[] = {"",
                                         "x",
                                         "\x80",
                                         "\xdf\xff\xff\xff\xff",
                                         "\x93\x01\x02\x03",
                                         "\x84\x01\xa7"
                                         "content\x02\xa1x\x03\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x04\xd0\x01",
                                         "\x84\x01\xa7"
                                         "content\x02\xa1x\x03\xcd\x7f\xff\x04\x01"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        expect_refused(worker, bodies[i], strlen(bodies[i]));
    static const char *const services[] = {"broker", "nobody", "Content"};
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        worker_ready(worker, services[i], 1, 1);
        peer_expect(worker, KIND_BYE, 0);
        assert_int_equal(worker->header.status, FORBIDDEN);
    }
    assert_int_equal(house_state(&house)->workers.n, 0);
    peer_close(worker);
    house_close(&house);
}

void point_14_strangers_cannot_answer(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *worker = worker_open(&house, "content", 1, 0);
    struct peer *other = worker_open(&house, "content", 0, 0);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_show, 1, 15000, "x");
    peer_expect(worker, KIND_ASK, 1);
    struct header held = worker->header;
    worker_say(other, &held, KIND_SAY, "forged");
    worker_say(other, &held, KIND_PART, "forged");
    peer_expect_nothing(edge, 50);
    worker_say(worker, &held, KIND_SAY, "true");
    peer_expect_status(edge, 1, OK);
    assert_memory_equal(zmq_msg_data(&edge->body), "true", 4);
    const struct broker_state *now = house_state(&house);
    assert_int_equal(state_message(now, "content_show")->late, 2);
    peer_close(worker);
    peer_close(other);
    peer_close(edge);
    house_close(&house);
}

void point_16_bodies_pass_untouched(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 33, 34, 300, 8192, 65537, BODY_MAX_BYTES};
    struct house house;
    house_open(&house, NULL);
    struct peer *worker = worker_open(&house, "content", 8, 0);
    struct peer *edge = peer_open(&house, "ask");
    uint8_t *body = malloc(BODY_MAX_BYTES + 5000);
    for (size_t i = 0; i < BODY_MAX_BYTES; i++)
        body[i] = (uint8_t)chance();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned message = i % 2 ? MSG_content_show : MSG_content_create;
        struct header header = {
            .kind = KIND_ASK, .message = (uint16_t)message, .remaining_ms = 15000, .key = {edge->edge, i + 1}};
        memset(header.trace, (int)i + 1, sizeof header.trace);
        peer_send(edge, header, body, sizes[i]);
        peer_expect(worker, KIND_ASK, i + 1);
        assert_memory_equal(worker->header.trace, header.trace, sizeof header.trace);
        assert_int_equal(zmq_msg_size(&worker->body), sizes[i]);
        assert_memory_equal(zmq_msg_data(&worker->body), body, sizes[i]);
        struct header answer = worker->header;
        answer.kind = KIND_SAY;
        answer.status = CONFLICT;
        peer_send(worker, answer, body, sizes[i]);
        peer_expect_status(edge, i + 1, CONFLICT);
        assert_memory_equal(edge->header.trace, header.trace, sizeof header.trace);
        assert_int_equal(zmq_msg_size(&edge->body), sizes[i]);
        assert_memory_equal(zmq_msg_data(&edge->body), body, sizes[i]);
    }
    /* Longer than allowed but within the socket's limit: counted. */
    struct header long_one = {.kind = KIND_ASK, .message = MSG_content_show, .key = {edge->edge, 99}};
    peer_send(edge, long_one, body, BODY_MAX_BYTES + 1);
    await_malformed(&house, 1);
    /* Beyond it libzmq closes the connection; the broker goes on. */
    peer_send(edge, long_one, body, BODY_MAX_BYTES + 5000);
    peer_expect_nothing(worker, 50);
    struct peer *next = peer_open(&house, "ask");
    peer_ask(next, MSG_content_show, 1, 15000, "x");
    peer_expect(worker, KIND_ASK, 1);
    free(body);
    peer_close(next);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}
