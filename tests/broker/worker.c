/* The worker that tests run as a process of its own, so that it can be killed: `test-broker worker DATA SERVICE CREDIT
 * MODE`. Modes: echo answers with the ask's body; hold never answers; poison echoes, but dies by the body "poison". */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "protocol/wire/codec.h"
#include "tests/broker/tests.h"

enum { WORKER_BEAT_MS = 50 };

static void send_message(void *socket, const struct header *header, const void *body, size_t n) {
    uint8_t head[HEADER_BYTES];
    struct header sized = *header;
    sized.body_bytes = (uint32_t)n;
    header_write(&sized, head);
    zmq_send(socket, head, sizeof head, ZMQ_SNDMORE);
    zmq_send(socket, body, n, 0);
}

static void say_ready(void *socket, const char *service, unsigned credit) {
    struct worker_ready ready = {.service = service, .instance = "process", .fast = credit, .heavy = credit};
    struct buffer body = {0};
    if (body_encode(worker_ready_record(), &ready, &body))
        exit(1);
    send_message(socket, &(struct header){.kind = KIND_READY}, body.at, body.n);
    buffer_free(&body);
}

static void serve(void *socket, const char *mode, const char *service, unsigned credit) {
    uint8_t head[HEADER_BYTES], *body = malloc(BODY_MAX_BYTES);
    struct header header;
    int n = zmq_recv(socket, head, sizeof head, 0), size = zmq_recv(socket, body, BODY_MAX_BYTES, 0);
    if (n == HEADER_BYTES && size >= 0 && !header_read(&header, head, sizeof head)) {
        if (header.kind == KIND_BYE)
            say_ready(socket, service, credit);
        if (header.kind == KIND_ASK && !strcmp(mode, "poison") && size >= 6 && !memcmp(body, "poison", 6))
            raise(SIGKILL);
        if (header.kind == KIND_ASK && strcmp(mode, "hold") != 0) {
            header.kind = KIND_SAY;
            send_message(socket, &header, body, (size_t)size);
        }
    }
    free(body);
}

int worker_main(char **arguments) {
    const char *data = arguments[0], *service = arguments[1], *mode = arguments[3];
    unsigned credit = (unsigned)atoi(arguments[2]);
    char endpoint[128];
    /* A failed test must not leave it behind. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(endpoint, sizeof endpoint, "ipc://%s/run/broker.work", data);
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_DEALER);
    int high = 100000;
    zmq_setsockopt(socket, ZMQ_SNDHWM, &high, sizeof high);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &high, sizeof high);
    if (zmq_connect(socket, endpoint))
        return 1;
    say_ready(socket, service, credit);
    int64_t beaten = 0;
    for (;;) {
        zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
        if (zmq_poll(&item, 1, WORKER_BEAT_MS) > 0)
            serve(socket, mode, service, credit);
        if (now_ms() - beaten < WORKER_BEAT_MS)
            continue;
        beaten = now_ms();
        send_message(socket, &(struct header){.kind = KIND_BEAT}, NULL, 0);
    }
}
