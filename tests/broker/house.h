#ifndef ZOE_TESTS_BROKER_HOUSE_H
#define ZOE_TESTS_BROKER_HOUSE_H

/* A real zoe-broker in a folder of its own, and peers that speak with it frame by frame. Whatever goes wrong in here
 * fails the test. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <zmq.h>

#include <cmocka.h>

#include "protocol/wire/arena.h"
#include "protocol/wire/contract.h"
#include "protocol/wire/header.h"

enum { PATIENCE_MS = 20000 }; /* for what must come: sanitizers are slow */

struct house {
    char data[64];
    pid_t broker;
    char settings[8][64];
    unsigned count;
};

/* `settings`: "ZOE_NAME=value ZOE_NAME=value", or NULL. */
void house_open(struct house *house, const char *settings);
/* SIGTERM; the broker must end with status 0. Removes the folder. */
void house_close(struct house *house);
void house_start(struct house *house);
void house_kill(struct house *house);
/* Waits for the broker to end by itself; its exit status. */
int house_wait(struct house *house);

/* A program that serves `service`: mode is one of worker.c's. kill(2) it and house_reap() it. */
pid_t house_spawn_worker(const struct house *house, const char *service, const char *credit, const char *mode);
void house_reap(pid_t pid);

/* Runs a program of the build to its end with these words (NULL-terminated, the program's name first). Its exit status;
 * the first bytes of what it printed are in `out`. */
int house_run(const struct house *house, char *const words[], char *out, size_t size);

struct peer {
    void *context, *socket;
    uint64_t edge;
    struct header header; /* of what was taken last */
    zmq_msg_t body;
};

/* `side`: ask, work, admin. */
struct peer *peer_open(const struct house *house, const char *side);
void peer_close(struct peer *peer);

/* body_bytes is filled in. */
void peer_send(struct peer *peer, struct header header, const void *body, size_t n);
/* Sends frames as they are. */
void peer_send_frames(struct peer *peer, unsigned count, const void *const *frames, const size_t *sizes);
void peer_ask(struct peer *peer, unsigned message, uint64_t sequence, uint32_t remaining_ms, const char *text);
void peer_cancel(struct peer *peer, uint64_t sequence);

/* The next frame that is no BEAT; false when none came in time. */
bool peer_take(struct peer *peer, int timeout_ms);
/* It must come, be of `kind` and have this sequence. */
void peer_expect(struct peer *peer, enum kind kind, uint64_t sequence);
void peer_expect_status(struct peer *peer, uint64_t sequence, enum status status);
/* Nothing comes within this time. */
void peer_expect_nothing(struct peer *peer, int ms);

/* A worker in this process: READY said and noticed. */
struct peer *worker_open(const struct house *house, const char *service, unsigned fast, unsigned heavy);
void worker_ready(struct peer *worker, const char *service, unsigned fast, unsigned heavy);
/* Answers the ask taken last (or `asked`), echoing `text`. */
void worker_say(struct peer *worker, const struct header *asked, enum kind kind, const char *text);

/* What the broker tells of itself; valid until the next call. */
const struct broker_state *house_state(const struct house *house);
/* Until so many workers are registered. */
void house_await_workers(const struct house *house, size_t count);
const struct message_row *state_message(const struct broker_state *state, const char *name);
const struct queue_row *state_queue(const struct broker_state *state, const char *service, const char *lane);
/* The code of the problem in the body taken last. */
const char *peer_problem(struct peer *peer);
/* broker_drain over the admin socket; its status. */
enum status house_drain(const struct house *house, const char *side, const char *service, bool open);

int64_t now_ms(void);
void sleep_ms(int ms);

#endif
