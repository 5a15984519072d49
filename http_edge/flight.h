#ifndef ZOE_EDGE_FLIGHT_H
#define ZOE_EDGE_FLIGHT_H

#include "protocol/node/link.h"

/* Asks of one shard that wait for their answer. Every ask ends in exactly one call of `done`: with the answer, or with
 * UNAVAILABLE, DEADLINE or UNKNOWN_OUTCOME when there is none. */
struct flights;

struct flight_call {
    const struct message *message;
    const void *ask; /* struct of the message's ask record */
    int64_t user;    /* 0: nobody */
    uint32_t roles;
    const uint8_t *trace; /* NULL: none */
    const uint8_t *once;  /* header.once, with its body's digest; NULL: none */
    uint64_t once_body;
    /* `body` is valid during the call only. Never called from inside flight_ask(). */
    void (*done)(void *self, unsigned tag, enum status status, const void *body, size_t n);
    void *self;
    unsigned tag;
};

struct flights *flights_new(void);
void flights_free(struct flights *flights);
/* The link that asks go through; it must outlive the flights. */
void flights_use(struct flights *flights, struct link *link);

/* Sends. The ask's number, or 0 when no broker takes it now (`done` is not called then). */
uint64_t flight_ask(struct flights *flights, const struct flight_call *call);

/* The asker has gone: the broker is told, `done` is not called. */
void flight_cancel(struct flights *flights, uint64_t number);

/* Within `done`: the answer was kept from an earlier ask with the same `once`. */
bool flights_replayed(const struct flights *flights);

/* From the link's calls. */
void flights_say(struct flights *flights, const struct header *header, const void *body, size_t n);
void flights_lost(struct flights *flights, unsigned broker);
void flights_found(struct flights *flights);

/* Deadlines and silent brokers: call it every 50 ms or so. */
void flights_sweep(struct flights *flights);

unsigned flights_count(const struct flights *flights);

#endif
