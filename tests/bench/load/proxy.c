/* What a broker costs at least: two ROUTERs, three frames moved from one to the other, the routing id swapped. It knows
 * one worker and one client, keeps nothing and checks nothing. */

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <zmq.h>

#include "tests/bench/load/load.h"

enum { BURST = 256 };

static void *bind_router(void *context, const char *name) {
    char endpoint[512];
    int high = 100000, on = 1;
    void *socket = zmq_socket(context, ZMQ_ROUTER);
    if (!socket || load_endpoint(&(struct load_options){.proxied = true}, name, endpoint, sizeof endpoint))
        return NULL;
    zmq_setsockopt(socket, ZMQ_SNDHWM, &high, sizeof high);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &high, sizeof high);
    zmq_setsockopt(socket, ZMQ_ROUTER_MANDATORY, &on, sizeof on);
    if (zmq_bind(socket, endpoint)) {
        fprintf(stderr, "zoe-load: %s: %s\n", endpoint, zmq_strerror(errno));
        return NULL;
    }
    return socket;
}

static void swap(zmq_msg_t *known, zmq_msg_t *from) {
    zmq_msg_close(known);
    zmq_msg_init(known);
    zmq_msg_move(known, from);
}

/* Moves what waits on `from`, whose peer's id becomes `own`, to the peer `other` of `to`. */
static int pass(void *from, zmq_msg_t *own, void *to, zmq_msg_t *other) {
    int passed = 0;
    zmq_msg_t id, head, body;
    zmq_msg_init(&id);
    zmq_msg_init(&head);
    zmq_msg_init(&body);
    for (; passed < BURST && zmq_msg_recv(&id, from, ZMQ_DONTWAIT) >= 0; passed++) {
        zmq_msg_recv(&head, from, 0);
        zmq_msg_recv(&body, from, 0);
        swap(own, &id);
        /* READY has no client to go to. */
        if (!zmq_msg_size(other) ||
            zmq_send(to, zmq_msg_data(other), zmq_msg_size(other), ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
            continue;
        zmq_msg_send(&head, to, ZMQ_SNDMORE | ZMQ_DONTWAIT);
        zmq_msg_send(&body, to, ZMQ_DONTWAIT);
    }
    zmq_msg_close(&id);
    zmq_msg_close(&head);
    zmq_msg_close(&body);
    return passed;
}

int proxy_run(void) {
    void *context = zmq_ctx_new(), *front = bind_router(context, "ask"), *back = bind_router(context, "work");
    zmq_msg_t client, worker;
    zmq_msg_init(&client);
    zmq_msg_init(&worker);
    if (!front || !back)
        return EX_OSERR;
    for (;;) {
        zmq_pollitem_t items[] = {{.socket = back, .events = ZMQ_POLLIN}, {.socket = front, .events = ZMQ_POLLIN}};
        /* Clients wait until the worker has said READY. */
        bool serving = zmq_msg_size(&worker) > 0;
        if (zmq_poll(items, serving ? 2 : 1, -1) < 0)
            return EX_OSERR;
        while (pass(back, &worker, front, &client) + (serving ? pass(front, &client, back, &worker) : 0))
            ;
    }
}
