/* Other hosts: they are let in over TCP by the key that all share, and by nothing else. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/broker/tests.h"

struct keys {
    char public[41], secret[41];
};

/* Whether a client with these keys (NULL: without any) gets an answer. */
static bool answered(int port, const struct keys *server, const struct keys *own, int patience_ms) {
    char endpoint[64];
    uint8_t bytes[HEADER_BYTES], got[4096];
    int none = 0;
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_DEALER);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience_ms, sizeof patience_ms);
    zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
    if (own) {
        zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server->public, 41);
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, own->public, 41);
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, own->secret, 41);
    }
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", port);
    assert_int_equal(zmq_connect(socket, endpoint), 0);
    /* No contract has this message, which is an answer at once. */
    header_write(
        &(struct header){.kind = KIND_ASK, .message = 65000, .key = {.edge = 5, .sequence = 1}, .remaining_ms = 5000},
        bytes);
    assert_int_equal(zmq_send(socket, bytes, sizeof bytes, ZMQ_SNDMORE), (int)sizeof bytes);
    assert_int_equal(zmq_send(socket, "", 0, 0), 0);
    bool came = zmq_recv(socket, got, sizeof got, 0) > 0;
    zmq_close(socket);
    zmq_ctx_term(context);
    return came;
}

void point_9_other_hosts_need_the_key(void **state) {
    (void)state;
    struct house house;
    struct keys ours, other;
    char settings[256];
    int port = 20000 + (int)(getpid() % 3000) * 4;
    assert_int_equal(zmq_curve_keypair(ours.public, ours.secret), 0);
    assert_int_equal(zmq_curve_keypair(other.public, other.secret), 0);
    snprintf(settings, sizeof settings, "ZOE_BROKER_LISTEN=tcp://127.0.0.1:%d ZOE_CLUSTER_KEY=%s", port, ours.secret);
    house_open(&house, settings);
    assert_true(answered(port, &ours, &ours, PATIENCE_MS));
    assert_false(answered(port, &ours, &other, 500));
    assert_false(answered(port, &other, &other, 500));
    assert_false(answered(port, NULL, NULL, 500));
    /* Administration is not there at all. */
    assert_false(answered(port + 2, &ours, &ours, 500));
    /* The own host needs no key. */
    struct peer *edge = peer_open(&house, "ask");
    peer_close(edge);
    house_close(&house);
}

void point_9_no_key_no_listening(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    house_kill(&house);
    strcpy(house.settings[house.count++], "ZOE_BROKER_LISTEN=tcp://127.0.0.1:20000");
    char out[64];
    assert_int_equal(house_run(&house, (char *[]){"zoe-broker", NULL}, out, sizeof out), 78);
    house.count--;
    house_start(&house);
    house_close(&house);
}
