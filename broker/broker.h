#ifndef ZOE_BROKER_BROKER_H
#define ZOE_BROKER_BROKER_H

/* The broker's whole state: one process, one thread, nothing global. An ask comes in by a socket (intake), becomes a
 * flight, waits in the queue of its lane and service, is handed to a worker (dispatch, registry) and ends with exactly
 * one answer. Times are those of clock_us(). */

#include <czmq.h>
#include <stdbool.h>
#include <stdint.h>

#include "broker/parcel.h"
#include "protocol/node/histogram.h"
#include "protocol/wire/arena.h"
#include "protocol/wire/contract.h"
#include "protocol/wire/header.h"

enum {
    WORKERS_MAX = 1024,   /* rows of broker_state */
    WINDOW_MAX = 4096,    /* credit of one worker in one lane */
    ATTEMPTS_MAX = 3,     /* dispatches of one ask */
    KILLS_MAX = 2,        /* workers one ask may take with it before it is parked */
    WORKER_BUCKETS = 256, /* of the registry's table */
};

enum flight_state {
    FLIGHT_QUEUED,
    FLIGHT_HELD,      /* by a worker */
    FLIGHT_ABANDONED, /* the asker has its answer or has gone; the worker's late one gives the credit back */
};

struct flight {
    struct flight *chain;           /* of the table, or of the pool */
    struct flight *next, *previous; /* in its queue or in the worker's list */
    enum flight_state state;
    unsigned kills;
    size_t heap_place;
    struct header header;
    struct tally *tally;
    struct queue *queue;
    struct worker *worker;
    void *socket;                 /* the asker's; `client` is its routing id there */
    zmq_msg_t client, head, body; /* `head` and, unless the ask may be repeated, `body` are empty once sent */
    size_t bytes;
    int64_t asked_us, sent_us, deadline_us;
};

struct flight_list {
    struct flight *first, *last;
};

/* What waits in one lane of one service. */
struct queue {
    struct service *service;
    enum lane lane;
    struct flight_list waiting;
    size_t waits, waiting_bytes;
    size_t held, kept_bytes; /* asks at workers; bytes of waiting and held asks together */
    int64_t said_us;         /* the last answer, while others are being worked at; else 0 */
    int64_t pace_us;         /* between answers of a busy lane, smoothed; 0: not known */
};

struct service {
    const char *name;
    bool draining;
    struct queue queues[LANE_COUNT];
    struct worker *first, *last; /* the least recently chosen first */
    size_t workers;
};

struct worker {
    struct worker *chain, *next, *previous;
    struct service *service;
    uint8_t id[255];
    size_t id_bytes;
    char instance[65];
    unsigned window[LANE_COUNT], holds[LANE_COUNT]; /* the credit is what is between them */
    struct flight_list held;
    int64_t seen_us;
    bool draining; /* it said BYE */
    bool choked;   /* its pipe was full; until it is heard again */
    bool doomed;   /* unreachable; reaped when its last answers were read */
};

/* Counters of one message of the contract. */
struct tally {
    const struct message *row;
    int64_t accepted, refused, expired, cancelled, retried, late, dispatched, stalls, lost;
    struct histogram wait, service, total;
};

struct slab;

struct flights {
    struct flight **buckets;
    size_t size, count; /* size is a power of two */
    uint64_t seed;
    struct flight **heap; /* by deadline; abandoned flights are not in it */
    size_t heap_count, heap_size;
    struct flight *pool;
    struct slab *slabs;
};

struct broker {
    zloop_t *loop;
    void *ask, *work, *admin, *bus; /* raw sockets */
    struct parcel parcel;           /* the message that is being handled */
    struct flights flights;
    struct service services[SERVICE_COUNT];
    struct worker *workers[WORKER_BUCKETS];
    size_t worker_count, doomed;
    struct tally **tallies; /* by message number */
    unsigned tally_count;
    struct arena *arena;
    int64_t now_us, started_us, ticked_us, doomed_us;
    int64_t armed_us; /* when the deadline timer fires; 0: it does not run */
    int timer, probes;
    bool draining, stopping;
    int64_t malformed, parked, undelivered;
};

/* The counters of a message, NULL when the contract has none. */
static inline struct tally *broker_tally(struct broker *broker, unsigned message) {
    return message < broker->tally_count ? broker->tallies[message] : NULL;
}

#endif
