#ifndef ZOE_ACTORS_ACTOR_PARTS_H
#define ZOE_ACTORS_ACTOR_PARTS_H

/* What the files of the harness share; handlers include actor.h only. */

#include <czmq.h>
#include <pthread.h>

#include "actors/actor.h"
#include "protocol/node/life.h"
#include "protocol/node/link.h"
#include "protocol/wire/buffer.h"

/* Places of db/outbox.sql's statements in every service's table. */
enum {
    OUTBOX_PUT,
    OUTBOX_LEAD,
    OUTBOX_TAKE,
    OUTBOX_DONE,
    OUTBOX_FAIL,
    SEEN_PUT,
    SEEN_SWEEP,
    ONCE_BEGIN,
    ONCE_KEPT,
    ONCE_END,
    ONCE_SWEEP
};

enum { BATCH_MAX = 512 }; /* calls a worker takes at once */

struct mailbox {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct call *first, *last;
    struct pile *piles; /* by message number */
    size_t waiting, most, busy;
    bool closed;
};

/* Hints of a call that wait for its commit. */
struct call_events {
    struct call_events *next;
    struct bus_event event;
};

/* What worker threads hand to the main thread, which owns the sockets. */
struct parcel {
    struct parcel *next;
    enum { PARCEL_SAY, PARCEL_EVENT, PARCEL_ASK } kind;
    unsigned broker;
    struct header header;
    struct buffer body;
};

struct out_queue {
    pthread_mutex_t lock;
    struct parcel *first, *last;
    int wake; /* eventfd */
};

struct outbox {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool posted;
    struct answer *answers; /* of asks under way, filled by the main thread */
    size_t waiting;
};

struct actor {
    const struct actor_options *options;
    zloop_t *loop;
    struct link *link;
    struct life *life;
    struct mailbox lanes[LANE_COUNT];
    struct out_queue out;
    struct outbox outbox;
    pthread_t *threads;
    size_t thread_count;
    bool stopping; /* atomic */
    pthread_mutex_t cancel_lock;
    struct ask_key cancelled[256];
    unsigned cancel_turn;
    int64_t stop_ms;
};

/* state.c: what every thread may ask of the running actor. */
const struct handler *actor_handler(const struct actor *actor, unsigned message);
/* The asker gave up; `self` is the actor. */
void actor_cancel(void *self, const struct header *header);
bool actor_is_cancelled(struct actor *actor, const struct ask_key *key);

/* 0, or -1 when memory is out. */
int mailbox_open(struct mailbox *box, size_t most);
void mailbox_free(struct mailbox *box);
/* 0, or -1 when it is full or closed. */
int mailbox_put(struct mailbox *box, struct call *call);
/* Waits; takes up to the handler's `most` calls of one message, unless that is solo and another worker is at it. 0 when
 * the mailbox is closed and empty. */
size_t mailbox_take(struct mailbox *box, struct call **calls, size_t size);
/* The `n` calls of a message that were taken are answered. */
void mailbox_done(struct mailbox *box, unsigned message, size_t n);
void mailbox_close(struct mailbox *box);
bool mailbox_idle(struct mailbox *box);

int out_open(struct out_queue *out);
/* Takes the parcel. */
void out_put(struct out_queue *out, struct parcel *parcel);
/* All parcels, in order; the caller frees them with parcel_free(). */
struct parcel *out_take(struct out_queue *out);
void parcel_free(struct parcel *parcel);
bool out_idle(struct out_queue *out);

/* Runs calls of one message and sends their answers. `calls` are taken. */
void work_run(struct actor *actor, struct db *db, struct call **calls, size_t n);
void work_answer(struct call *call);

/* once.c: an ask with a key of its client's, in the running transaction. */
/* Waits for others with this key. OK; call->replayed when the reply is that of an earlier ask, and there is no work. */
enum status once_begin(struct call *call);
/* Keeps the reply for whoever asks again. */
enum status once_end(struct call *call);

int outbox_start(struct actor *actor);
void outbox_answer(struct actor *actor, const struct header *header);
void outbox_stop(struct actor *actor);

#endif
