#ifndef ZOE_NODE_LINK_H
#define ZOE_NODE_LINK_H

#include <czmq.h>
#include <stdbool.h>

#include "protocol/wire/contract.h"
#include "protocol/wire/header.h"

/* A broker that is not there is dialled again after so long, then after twice that, and so on up to half a second. */
enum { LINK_RECONNECT_MS = 2, LINK_RECONNECT_MAX_MS = 500 };

/* A process's connections to all brokers: an own DEALER to each, owned by one thread and its zloop. Edges (service -1)
 * connect to run/broker.ask and ask; actors connect to run/broker.work, say READY, are asked, and may ask too. */
struct link;

struct link_calls {
    /* A broker asks: take the body with zmq_msg_move(). Answer later with link_say() and the same `broker`. */
    void (*ask)(void *self, unsigned broker, const struct header *header, zmq_msg_t *body);
    /* The asker of `key` has gone. */
    void (*cancel)(void *self, const struct header *header);
    /* An answer to link_ask(): SAY, or PART of a stream. */
    void (*say)(void *self, const struct header *header, zmq_msg_t *body);
    /* The socket is empty: everything of this turn was handed over. */
    void (*turn)(void *self);
    /* Broker number `broker` is silent or came back. */
    void (*lost)(void *self, unsigned broker);
    void (*found)(void *self, unsigned broker);
};

struct link_options {
    zloop_t *loop;
    int service;             /* service number, or -1 for an edge */
    unsigned fast, heavy;    /* credit offered with READY */
    struct link_calls calls; /* any may be NULL */
    void *self;
};

/* NULL when a socket could not be made (logged). */
struct link *link_open(const struct link_options *options);
void link_free(struct link *link);

/* Sends an ask: `key.edge` 0 is replaced by this link's own random number. Returns the broker's number, or -1 when no
 * broker can take it now. Spreads asks over the living brokers. */
int link_ask(struct link *link, struct header *header, const void *body, size_t n);
/* The same to one broker; `body` is moved from. 0 or -1. */
int link_send(struct link *link, unsigned broker, const struct header *header, zmq_msg_t *body);

/* Answers an ask that came from `broker`. `header` is the ask's with kind and status set; 0 or -1 (broker gone). */
int link_say(struct link *link, unsigned broker, const struct header *header, const void *body, size_t n);

void link_cancel(struct link *link, unsigned broker, const struct header *asked);

/* Puts a hint on the bus of every broker. */
void link_event(struct link *link, const struct bus_event *event);

/* Tells all brokers that this worker takes no more. */
void link_bye(struct link *link);

unsigned link_count(const struct link *link);
unsigned link_living(const struct link *link);
uint64_t link_edge(const struct link *link);

/* A SUB socket on all brokers' buses; `event` gets each hint. NULL when it could not be made. */
struct bus;
struct bus *bus_open(zloop_t *loop, void (*event)(void *self, const struct bus_event *event), void *self);
void bus_free(struct bus *bus);

/* Endpoint `name` (ask, work, admin, bus) of broker `i`, as ZOE_BROKERS says; 0, or -1 when there is no such broker. */
int broker_endpoint(unsigned i, const char *name, char *to, size_t size);
/* The same of tcp://ADDRESS:PORT, `n` bytes long; -1 when it is none. */
int broker_tcp_endpoint(const char *prefix, size_t n, const char *name, char *to, size_t size);

#endif
