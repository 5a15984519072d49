#include <stdlib.h>

#include "protocol/node/curve.h"
#include "protocol/node/link.h"
#include "protocol/wire/codec.h"

struct bus {
    zloop_t *loop;
    zsock_t *sock;
    struct arena *arena;
    void (*event)(void *self, const struct bus_event *event);
    void *self;
};

/* 1 when a frame pair was read, 0 when there is none. */
static int receive(struct bus *bus) {
    void *raw = zsock_resolve(bus->sock);
    zmq_msg_t topic, body;
    zmq_msg_init(&topic);
    if (zmq_msg_recv(&topic, raw, ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(&topic);
        return 0;
    }
    bool more = zmq_msg_more(&topic);
    zmq_msg_close(&topic);
    for (int i = 0; more; i++) {
        zmq_msg_init(&body);
        more = zmq_msg_recv(&body, raw, ZMQ_DONTWAIT) >= 0 && zmq_msg_more(&body);
        struct fault fault;
        struct bus_event *event =
            i ? NULL : body_decode(bus_event_record(), zmq_msg_data(&body), zmq_msg_size(&body), bus->arena, &fault);
        if (event)
            bus->event(bus->self, event);
        arena_reset(bus->arena);
        zmq_msg_close(&body);
    }
    return 1;
}

static int readable(zloop_t *loop, zsock_t *sock, void *arg) {
    (void)loop, (void)sock;
    while (receive(arg))
        ;
    return 0;
}

struct bus *bus_open(zloop_t *loop, void (*event)(void *self, const struct bus_event *event), void *self) {
    struct bus *bus = calloc(1, sizeof *bus);
    if (!bus)
        return NULL;
    *bus = (struct bus){.loop = loop, .sock = zsock_new(ZMQ_SUB), .arena = arena_new(), .event = event, .self = self};
    char endpoint[512];
    if (!bus->sock || !bus->arena)
        goto failed;
    zsock_set_subscribe(bus->sock, "");
    zsock_set_reconnect_ivl(bus->sock, LINK_RECONNECT_MS);
    zsock_set_reconnect_ivl_max(bus->sock, LINK_RECONNECT_MAX_MS);
    zsock_set_maxmsgsize(bus->sock, BODY_MAX_BYTES);
    for (unsigned i = 0; !broker_endpoint(i, "bus", endpoint, sizeof endpoint); i++)
        if (curve_dial(bus->sock, endpoint) || zsock_connect(bus->sock, "%s", endpoint))
            goto failed;
    if (zloop_reader(loop, bus->sock, readable, bus))
        goto failed;
    zloop_reader_set_tolerant(loop, bus->sock);
    return bus;
failed:
    bus_free(bus);
    return NULL;
}

void bus_free(struct bus *bus) {
    if (!bus)
        return;
    if (bus->sock)
        zloop_reader_end(bus->loop, bus->sock);
    zsock_destroy(&bus->sock);
    arena_free(bus->arena);
    free(bus);
}
