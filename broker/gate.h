#ifndef ZOE_BROKER_GATE_H
#define ZOE_BROKER_GATE_H

#include <czmq.h>

/* Who may come in over tcp:// (ZAP, ZeroMQ RFC 27): whoever has the key that all hosts share. Before the first socket
 * that listens there. The socket is the caller's; NULL when it could not be made (logged). */
zsock_t *gate_open(zloop_t *loop);

#endif
