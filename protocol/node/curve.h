#ifndef ZOE_NODE_CURVE_H
#define ZOE_NODE_CURVE_H

#include <czmq.h>
#include <stdbool.h>
#include <stdint.h>

/* CURVE (ZeroMQ RFC 26) between hosts. All of them share one secret, ZOE_CLUSTER_KEY: it is everybody's own key, and
 * who does not have it can neither read nor be let in. Sockets of a folder need none; the folder is their gate. */

enum { CURVE_TEXT_BYTES = 41 };

/* Whether there is a key that can be used; logged when not. */
bool curve_ready(void);
/* A socket that now connects to `endpoint`: with the key when that is tcp://, without one otherwise. 0, or -1 when
 * there is no key (logged). */
int curve_dial(zsock_t *sock, const char *endpoint);
/* A socket that now binds to tcp://. The same. */
int curve_listen(zsock_t *sock);
/* Whether a client has shown our own key: its public half as 32 bytes. */
bool curve_ours(const uint8_t *key, size_t n);
/* A fresh secret. 0 or -1. */
int curve_make(char to[CURVE_TEXT_BYTES]);

#endif
