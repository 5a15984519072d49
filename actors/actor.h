#ifndef ZOE_ACTORS_ACTOR_H
#define ZOE_ACTORS_ACTOR_H

#include "db/pg.h"
#include "protocol/node/log.h"
#include "protocol/wire/arena.h"
#include "protocol/wire/contract.h"
#include "protocol/wire/header.h"

/* What every actor process is made of: links to the brokers on the main thread, a mailbox a lane, worker threads with a
 * database connection each, and a chores thread that delivers the outbox. Handlers are straight-line, blocking code. */

struct actor;
struct handler;

/* Threads that nobody waits for begin so long after their process: while a whole set starts, their connections to the
 * database would take the processors from what it waits for. */
enum { ACTOR_BEHIND_MS = 100 };

/* One ask at work. `arena` lives until the answer is sent. */
struct call {
    struct actor *actor;
    const struct message *message;
    const struct handler *handler;
    struct header header; /* user and roles are the edge's word */
    const void *ask;      /* decoded struct of message->ask */
    void *reply;          /* zeroed struct of message->reply: fill it */
    struct arena *arena;
    struct db *db;
    enum status status;
    struct problem *problem; /* body of an answer that is not OK; may stay NULL */
    unsigned posted;         /* rows put into the outbox */
    struct call_events *events;
    bool replayed; /* the reply is that of an earlier ask with the same header.once */
    /* The harness's own. */
    struct call *next;
    unsigned broker;
    int64_t deadline_ms;
    void *body;
    size_t body_bytes;
};

struct handler {
    unsigned message;
    enum status (*one)(struct call *call);
    /* Instead of `one`: answers up to `most` calls of this message with as few statements as it can, setting each
     * status. */
    void (*many)(struct call **calls, size_t n);
    unsigned most;
    /* With `many`: one worker at a time, what comes meanwhile is the next batch. For reads: two batches at once are
     * twice the statements. Not for writers, who would wait for one another's commit. */
    bool solo;
    /* begin before, commit after OK, roll back otherwise; the answer is sent after the commit. Only such a handler
     * honours header.once. */
    bool transaction;
    bool once; /* with transaction: a repeated key is answered OK without running again (outbox deliveries) */
};

struct actor_options {
    enum service_number service;
    const struct handler *handlers;
    size_t handler_count;
    const struct db_query *queries;
    unsigned query_count;
    /* Before READY, on the main thread, with a connected database (waits for it): 0 or -1. May be NULL. */
    int (*start)(struct actor *actor, struct db *db);
    /* After the workers were told to end. May be NULL. */
    void (*stop)(struct actor *actor);
    /* On the chores thread every `chore_ms`. May be NULL. */
    void (*chore)(struct actor *actor, struct db *db);
    int chore_ms;
};

/* Runs an actor until SIGTERM; the exit status of its main. */
int actor_run(const struct actor_options *options);

/* The process is ending: long work of own threads should stop. */
bool actor_stopping(const struct actor *actor);

/* A hint for the bus; may be called from any thread. */
void actor_event(struct actor *actor, const struct bus_event *event);
/* The same from a handler: sent once its work is committed and the status is OK, dropped otherwise. Texts are constants
 * or in the arena. */
void call_event(struct call *call, const struct bus_event *event);

/* Wakes the outbox after a commit outside a handler. */
void actor_posted(struct actor *actor);

/* OK when the caller has one of `roles`, else FORBIDDEN. The edge asks first; this is the second lock. */
enum status call_needs(struct call *call, uint32_t roles);

/* Sets the problem of an answer and returns `status`. Texts are constants or in the arena. */
enum status call_refuse(struct call *call, enum status status, const char *code, const char *detail);
/* The same for a field: INVALID with a pointer to it. */
enum status call_invalid(struct call *call, const char *pointer, const char *detail);

/* Runs one of the service's queries with parameters from the ask (and `args`). On failure sets call->status. */
struct rows *call_run(struct call *call, unsigned query, const struct db_arg *args);
/* call_run() and reply filled from the first row; NOT_FOUND without one. */
enum status call_fetch(struct call *call, unsigned query, const struct db_arg *args);
/* call_run() where the rows do not matter. */
enum status call_do(struct call *call, unsigned query, const struct db_arg *args);

/* Puts a message for another actor into the outbox, in the running transaction. `value` is a struct of its ask. */
enum status call_post(struct call *call, unsigned message, const void *value);
enum status outbox_put(struct db *db, unsigned message, const void *value);

/* The harness prepares Q_outbox_* and Q_seen_* by these fixed places: db/outbox.sql comes first in every table. */

#endif
