#ifndef ZOE_BROKER_PARCEL_H
#define ZOE_BROKER_PARCEL_H

#include <zmq.h>

#include "protocol/wire/header.h"

/* A message on a ROUTER: routing id, header, body. Bodies are moved and never looked into. */
struct parcel {
    zmq_msg_t id, head, body;
    struct header header;
};

enum parcel_got {
    PARCEL_NONE, /* nothing waits */
    PARCEL_BAD,  /* no message of this protocol; `id` tells whose */
    PARCEL_GOOD
};

void parcel_open(struct parcel *parcel);
void parcel_close(struct parcel *parcel);

/* Reads the next whole message without waiting. What is left in the parcel is overwritten. */
enum parcel_got parcel_take(struct parcel *parcel, void *socket);

/* Sends head and body, which are moved from, to the peer with routing id `id`. 0, or -1 with errno EHOSTUNREACH (the
 * peer has gone) or EAGAIN (its pipe is full); both frames are then untouched. Never blocks. */
int parcel_send(void *socket, const void *id, size_t id_bytes, zmq_msg_t *head, zmq_msg_t *body);

/* The same with a header of ours and a body that is copied; `body` may be NULL. */
int parcel_tell(void *socket, const void *id, size_t id_bytes, const struct header *header, const void *body, size_t n);

/* A header without anything but its kind. */
int parcel_signal(void *socket, const void *id, size_t id_bytes, enum kind kind);

/* Makes `head` a frame that holds `header`; 0, or -1 when memory is out. */
int parcel_head(zmq_msg_t *head, const struct header *header);

#endif
