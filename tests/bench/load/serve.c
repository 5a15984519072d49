/* The working side: every ask is answered at once with its own body. */

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include <zmq.h>

#include "protocol/node/clock.h"
#include "protocol/node/config.h"
#include "protocol/wire/codec.h"
#include "protocol/wire/header.h"
#include "tests/bench/load/load.h"

static void say(void *socket, struct header *header, const void *body, size_t n) {
    uint8_t head[HEADER_BYTES];
    header->body_bytes = (uint32_t)n;
    header_write(header, head);
    zmq_send(socket, head, sizeof head, ZMQ_SNDMORE);
    zmq_send(socket, body, n, 0);
}

static int say_ready(void *socket, const struct load_options *options) {
    char instance[64];
    snprintf(instance, sizeof instance, "load:%d", (int)getpid());
    struct worker_ready ready = {
        .service = options->serve, .instance = instance, .fast = options->credit, .heavy = options->credit};
    struct buffer body = {0};
    int rc = body_encode(worker_ready_record(), &ready, &body);
    if (!rc)
        say(socket, &(struct header){.kind = KIND_READY}, body.at, body.n);
    buffer_free(&body);
    return rc;
}

/* 1 when a message was read, 0 when none waits, -1 when READY must be said again. */
static int serve(void *socket) {
    struct header header;
    zmq_msg_t head, body;
    int got = 1;
    zmq_msg_init(&head);
    if (zmq_msg_recv(&head, socket, ZMQ_DONTWAIT) < 0)
        return 0;
    zmq_msg_init(&body);
    zmq_msg_recv(&body, socket, 0);
    if (!header_read(&header, zmq_msg_data(&head), zmq_msg_size(&head))) {
        if (header.kind == KIND_ASK) {
            header.kind = KIND_SAY;
            header.status = OK;
            header_write(&header, zmq_msg_data(&head));
            zmq_msg_send(&head, socket, ZMQ_SNDMORE);
            zmq_msg_send(&body, socket, 0);
        }
        got = header.kind == KIND_BYE && !header.status ? -1 : 1;
    }
    zmq_msg_close(&head);
    zmq_msg_close(&body);
    return got;
}

int serve_run(const struct load_options *options) {
    void *context = zmq_ctx_new(), *socket = load_connect(context, options, "work");
    if (!socket || say_ready(socket, options))
        return EX_SOFTWARE;
    int64_t beaten_ms = clock_ms();
    for (;;) {
        zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
        if (zmq_poll(&item, 1, config()->beat_ms) < 0)
            return EX_OSERR;
        for (int got; (got = serve(socket));)
            if (got < 0 && say_ready(socket, options))
                return EX_SOFTWARE;
        /* The bare proxy has no ear for beats. */
        if (options->proxied || clock_ms() - beaten_ms < config()->beat_ms)
            continue;
        beaten_ms = clock_ms();
        say(socket, &(struct header){.kind = KIND_BEAT}, NULL, 0);
    }
}
