#include "broker/gate.h"

#include <string.h>

#include "protocol/node/curve.h"
#include "protocol/node/log.h"

/* The frames of a request, in their order. */
enum { VERSION, REQUEST, DOMAIN, ADDRESS, IDENTITY, MECHANISM, KEY, FRAMES };

static bool frame_is(zmsg_t *message, int number, const char *text) {
    zframe_t *frame = zmsg_first(message);
    for (int i = 0; frame && i < number; i++)
        frame = zmsg_next(message);
    return frame && zframe_streq(frame, text);
}

static void judge(zmsg_t *asked, zmsg_t *answer) {
    zframe_t *request = zmsg_first(asked), *address = NULL, *key = NULL;
    for (int i = 0; i < KEY; i++) {
        zframe_t *frame = i ? zmsg_next(asked) : zmsg_first(asked);
        request = i == REQUEST ? frame : request;
        address = i == ADDRESS ? frame : address;
    }
    key = zmsg_next(asked);
    bool good = frame_is(asked, VERSION, "1.0") && frame_is(asked, MECHANISM, "CURVE") &&
                curve_ours(zframe_data(key), zframe_size(key));
    if (!good)
        log_warn(NULL, "host_refused", "address=%.*s", (int)zframe_size(address), (const char *)zframe_data(address));
    zmsg_addstr(answer, "1.0");
    zmsg_addmem(answer, zframe_data(request), zframe_size(request));
    zmsg_addstr(answer, good ? "200" : "400");
    zmsg_addstr(answer, good ? "OK" : "Not one of ours");
    zmsg_addstr(answer, "");
    zmsg_addmem(answer, "", 0);
}

static int knock(zloop_t *loop, zsock_t *sock, void *arg) {
    (void)loop, (void)arg;
    zmsg_t *asked = zmsg_recv(sock), *answer = zmsg_new();
    if (asked && answer && zmsg_size(asked) == FRAMES)
        judge(asked, answer);
    if (answer && zmsg_size(answer))
        zmsg_send(&answer, sock);
    zmsg_destroy(&asked);
    zmsg_destroy(&answer);
    return 0;
}

zsock_t *gate_open(zloop_t *loop) {
    zsock_t *sock = zsock_new(ZMQ_REP);
    if (sock && !zmq_bind(zsock_resolve(sock), "inproc://zeromq.zap.01") && !zloop_reader(loop, sock, knock, NULL)) {
        zloop_reader_set_tolerant(loop, sock);
        return sock;
    }
    log_error(NULL, "socket_unusable", "endpoint=inproc://zeromq.zap.01");
    zsock_destroy(&sock);
    return NULL;
}
