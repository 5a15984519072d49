#ifndef ZOE_TESTS_ACTOR_HOUSE_H
#define ZOE_TESTS_ACTOR_HOUSE_H

/* A private PostgreSQL and real programs in one temporary ZOE_DATA, and peers that speak with the broker frame by
 * frame. Whatever goes wrong in here fails the test. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <zmq.h>

#include <cmocka.h>

#include "db/pg.h"
#include "protocol/wire/arena.h"
#include "protocol/wire/contract.h"
#include "protocol/wire/header.h"

enum { PATIENCE_MS = 20000 }; /* for what must come: sanitizers are slow */

/* Makes the folder, the cluster (initdb, as another user when we are root), the schemas, and starts a broker. Once per
 * run. */
void house_open(void);
void house_close(void);
const char *house_data(void);
/* PostgreSQL goes away (all connections are cut) and comes back. */
void house_database_stop(void);
void house_database_start(void);

/* Starts a program of the build folder; `settings`: "ZOE_NAME=value ZOE_NAME=value", or NULL. */
pid_t house_start(const char *program, const char *settings);
/* This executable again, as the actor of puppet.c. */
pid_t house_start_puppet(const char *settings);
/* SIGTERM; it must end with status 0. */
void house_stop(pid_t pid);
/* Exit status; 128 + signal when it was killed. */
int house_wait(pid_t pid);
void house_kill(pid_t pid);
/* Waits until the broker has `count` workers of the service. */
void house_await(const char *service, size_t count);
/* Whether `text` stands in the log of the programs. */
bool house_logged(const char *text);

/* The database as a service sees it (NULL: as the owner), for looking and for preparing. */
struct db *house_db(const char *service);
/* One value of one statement as the owner, for a few calls. "" for null or no row. */
const char *house_value(const char *sql, ...) __attribute__((format(printf, 1, 2)));
int64_t house_number(const char *sql, ...) __attribute__((format(printf, 1, 2)));
void house_sql(const char *sql, ...) __attribute__((format(printf, 1, 2)));

/* Somebody at the broker: an edge at "ask", a worker at "work". */
struct peer {
    void *context, *socket;
    uint64_t edge, sequence;
    struct header header; /* of what was taken last */
    zmq_msg_t body;
    struct arena *arena; /* of what was decoded last */
};

struct peer *peer_open(const char *side);
void peer_close(struct peer *peer);
/* body_bytes is filled in. `value` is a struct of `record`, NULL for an empty body. */
void peer_send(struct peer *peer, struct header header, const struct record *record, const void *value);
/* The next frame that is no BEAT; false when none came in time. */
bool peer_take(struct peer *peer, int timeout_ms);
/* The body taken last. */
void *peer_decode(struct peer *peer, const struct record *record);
/* A worker of `service` with READY said; the broker knows it when this returns. One at a time. */
struct peer *worker_open(const char *service, unsigned credit);
/* Says that the worker lives; whatever waits in here calls it. */
void peer_beat(void);
void worker_say(struct peer *peer, enum status status);

/* Who asks. */
struct who {
    int64_t user;
    uint32_t roles;
};
extern const struct who nobody, viewer, admin, service;

/* Asks the actors and waits for the answer. */
struct answer {
    enum status status;
    void *reply;             /* when OK: struct of the message's reply */
    struct problem *problem; /* when not; all NULL when the body is empty */
};
struct answer ask(unsigned message, struct who who, const void *value);
/* The same under a key, to repeat an ask. */
struct answer ask_as(struct ask_key key, unsigned message, struct who who, const void *value);
/* ask() that must be OK; its reply. */
void *ask_ok(unsigned message, struct who who, const void *value);
void expect_status(struct answer answer, enum status status);
/* The refusal's code; and the field of an INVALID one. */
void expect_code(struct answer answer, enum status status, const char *code);
void expect_field(struct answer answer, const char *field);

/* Listens on the bus. */
struct ear;
struct ear *ear_open(void);
void ear_close(struct ear *ear);
/* The next event of `topic`; false when none came in time. */
bool ear_take(struct ear *ear, const char *topic, struct bus_event *event, int timeout_ms);

int64_t now_ms(void);
void sleep_ms(int ms);
/* Calls the condition until it is true; fails after PATIENCE_MS. */
#define AWAIT(condition)                                                                                               \
    for (int64_t await_end = now_ms() + PATIENCE_MS; !(condition); sleep_ms(5))                                        \
    assert_true(now_ms() < await_end)

#endif
