/* Hints, and who may own the folder. */

#include <stdio.h>
#include <string.h>

#include "protocol/wire/codec.h"
#include "tests/broker/tests.h"

void bus_carries_hints(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    char endpoint[128];
    snprintf(endpoint, sizeof endpoint, "ipc://%s/run/broker.bus", house.data);
    void *context = zmq_ctx_new(), *sub = zmq_socket(context, ZMQ_SUB);
    zmq_setsockopt(sub, ZMQ_SUBSCRIBE, "revoked", 7);
    int patience = 20, none = 0;
    zmq_setsockopt(sub, ZMQ_RCVTIMEO, &patience, sizeof patience);
    zmq_setsockopt(sub, ZMQ_LINGER, &none, sizeof none);
    assert_int_equal(zmq_connect(sub, endpoint), 0);
    struct bus_event event = {.topic = "revoked", .id = 77, .has_id = true};
    struct bus_event other = {.topic = "progress", .id = 1, .has_id = true};
    struct buffer body = {0}, ignored = {0};
    assert_int_equal(body_encode(bus_event_record(), &event, &body), 0);
    assert_int_equal(body_encode(bus_event_record(), &other, &ignored), 0);
    struct peer *edge = peer_open(&house, "ask"), *worker = worker_open(&house, "auth", 1, 1);
    peer_send(edge, (struct header){.kind = KIND_EVENT}, "nonsense", 8);
    char topic[64] = "", got[300];
    int n = -1;
    /* The subscription takes a moment. */
    for (int i = 0; i < 200 && n < 0; i++) {
        struct peer *from = i % 2 ? edge : worker;
        peer_send(from, (struct header){.kind = KIND_EVENT}, ignored.at, ignored.n);
        peer_send(from, (struct header){.kind = KIND_EVENT}, body.at, body.n);
        n = zmq_recv(sub, topic, sizeof topic - 1, 0);
    }
    assert_int_equal(n, 7);
    assert_memory_equal(topic, "revoked", 7);
    assert_int_equal(zmq_recv(sub, got, sizeof got, 0), (int)body.n);
    assert_memory_equal(got, body.at, body.n);
    assert_int_equal(house_state(&house)->malformed, 1);
    buffer_free(&body);
    buffer_free(&ignored);
    zmq_close(sub);
    zmq_ctx_term(context);
    peer_close(edge);
    peer_close(worker);
    house_close(&house);
}

void two_brokers_one_folder(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    pid_t first = house.broker;
    house_start(&house);
    assert_int_equal(house_wait(&house), 75);
    house.broker = first;
    house_state(&house);
    house_close(&house);
}
