#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "actors/mail/mail.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

/* Claims one letter at a time with a lease, composes and delivers it outside any transaction, and marks it. The name of
 * the file and the Message-ID are the letter's own, so that a repeated delivery is the same letter. */

enum { ATTEMPTS_MAX = 28, IDLE_MS = 5000, AWAY_MS = 300, BACK_OFF_MS = 10000, BACK_OFF_MAX_MS = 6 * 3600 * 1000 };

static struct sender {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool woken, stopping;
    const struct transport *transport;
    const struct db_query *queries;
    unsigned query_count;
} sender = {.lock = PTHREAD_MUTEX_INITIALIZER};

int64_t sender_back_off_ms(int64_t attempts) {
    int64_t ms = BACK_OFF_MS;
    for (int64_t i = 1; i < attempts && ms < BACK_OFF_MAX_MS; i++)
        ms *= 2;
    return ms < BACK_OFF_MAX_MS ? ms : BACK_OFF_MAX_MS;
}

static void mark(struct db *db, const struct post *post, enum outcome outcome, const char *why) {
    int64_t delay_ms = sender_back_off_ms(post->attempts);
    delay_ms += (int64_t)(random_u64() % (uint64_t)(delay_ms / 5));
    if (outcome == DELIVERED) {
        rows_free(
            db_run(db, Q_letter_sent, NULL, NULL, ARGS(ARG_INT("id", post->id), ARG_INT("attempts", post->attempts))));
        log_info(NULL, "mail_sent", "letter=%lld kind=%s", (long long)post->id, log_value(post->kind));
    } else if (outcome == DELIVER_LATER) {
        rows_free(db_run(db, Q_letter_later, NULL, NULL,
                         ARGS(ARG_INT("id", post->id), ARG_INT("attempts", post->attempts), ARG_TEXT("error", why),
                              ARG_INT("delay_ms", delay_ms))));
        log_warn(NULL, "mail_later", "letter=%lld attempt=%lld error=%s", (long long)post->id,
                 (long long)post->attempts, log_value(why));
    } else {
        rows_free(db_run(db, Q_letter_dead, NULL, NULL,
                         ARGS(ARG_INT("id", post->id), ARG_INT("attempts", post->attempts), ARG_TEXT("error", why))));
        log_error(NULL, "mail_dead", "letter=%lld error=%s", (long long)post->id, log_value(why));
    }
}

static enum outcome deliver(const struct post *post, struct arena *arena, char why[200]) {
    struct buffer letter = {0};
    const char *never;
    enum outcome outcome = DELIVER_LATER;
    if (post->attempts > ATTEMPTS_MAX) {
        strcpy(why, "the delivery was interrupted every time");
        outcome = DELIVER_NEVER;
    } else if (compose(post, config()->mail_from, arena, &letter, &never)) {
        strcpy(why, never);
        outcome = DELIVER_NEVER;
    } else if (letter.failed)
        strcpy(why, "out of memory");
    else
        outcome = sender.transport->deliver(post, &letter, why);
    if (outcome == DELIVER_LATER && post->attempts >= ATTEMPTS_MAX)
        outcome = DELIVER_NEVER;
    buffer_free(&letter);
    return outcome;
}

static bool read_post(const struct rows *rows, struct arena *arena, struct post *post) {
    *post = (struct post){.id = rows_int(rows, 0, "id"),
                          .account_id = rows_int(rows, 0, "account_id"),
                          .attempts = rows_int(rows, 0, "attempts"),
                          .created_ms = rows_int(rows, 0, "created_at"),
                          .event = arena_text(arena, rows_text(rows, 0, "event")),
                          .kind = arena_text(arena, rows_text(rows, 0, "kind")),
                          .address = arena_text(arena, rows_text(rows, 0, "address")),
                          .name = arena_text(arena, rows_text(rows, 0, "name")),
                          .token = rows_null(rows, 0, "token") ? NULL : arena_text(arena, rows_text(rows, 0, "token")),
                          .dialect = arena_text(arena, rows_text(rows, 0, "dialect")),
                          .detail = arena_text(arena, rows_text(rows, 0, "detail"))};
    return post->detail && post->event && post->kind && post->address && post->name && post->dialect;
}

/* False when nothing is due, or nothing can be done now. */
static bool send_one(struct db *db) {
    struct post post;
    char why[200] = "";
    struct rows *rows = db_run(db, Q_letter_claim, NULL, NULL, ARGS(ARG_INT("lease_ms", sender.transport->lease_ms)));
    struct arena *arena = rows && rows_count(rows) ? arena_new() : NULL;
    bool claimed = arena && read_post(rows, arena, &post);
    rows_free(rows);
    if (claimed)
        mark(db, &post, deliver(&post, arena, why), why);
    arena_free(arena);
    return claimed && db_status(db) == OK;
}

static int64_t next_ms(struct db *db) {
    struct rows *rows = db_run(db, Q_letter_next, NULL, NULL, NULL);
    int64_t ms = !rows ? AWAY_MS : rows_null(rows, 0, "wait_ms") ? IDLE_MS : rows_int(rows, 0, "wait_ms");
    rows_free(rows);
    return ms < IDLE_MS ? ms : IDLE_MS;
}

static bool stopping(void) {
    pthread_mutex_lock(&sender.lock);
    bool stop = sender.stopping;
    pthread_mutex_unlock(&sender.lock);
    return stop;
}

/* Until a letter arrives, the process ends, or `ms` have passed. */
static void rest(int64_t ms) {
    int64_t until_ms = clock_ms() + ms;
    struct timespec until = {until_ms / 1000, until_ms % 1000 * 1000000};
    pthread_mutex_lock(&sender.lock);
    while (!sender.woken && !sender.stopping && clock_ms() < until_ms)
        pthread_cond_timedwait(&sender.changed, &sender.lock, &until);
    sender.woken = false;
    pthread_mutex_unlock(&sender.lock);
}

static void *run(void *arg) {
    (void)arg;
    struct db *db = db_open(service_name(SERVICE_mail), sender.queries, sender.query_count);
    rest(ACTOR_BEHIND_MS);
    while (db && !stopping()) {
        while (!stopping() && send_one(db))
            ;
        if (sender.transport->rest)
            sender.transport->rest();
        /* At least a little: a letter that cannot be marked would be sent in a circle. */
        int64_t ms = next_ms(db);
        rest(ms > 20 ? ms : 20);
    }
    db_close(db);
    return NULL;
}

static void check_from(void) {
    struct arena *arena = arena_new();
    const char *name, *address;
    if (arena && address_split(config()->mail_from, arena, &name, &address)) {
        fputs("ZOE_MAIL_FROM: must be an address or Name <address>\n", stderr);
        exit(EX_CONFIG);
    }
    arena_free(arena);
}

int sender_start(const struct db_query *queries, unsigned count) {
    check_from();
    links_check();
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&sender.changed, &attributes);
    sender.transport = transport_open();
    sender.queries = queries;
    sender.query_count = count;
    return pthread_create(&sender.thread, NULL, run, NULL) ? -1 : 0;
}

void sender_stop(void) {
    pthread_mutex_lock(&sender.lock);
    sender.stopping = true;
    pthread_cond_signal(&sender.changed);
    pthread_mutex_unlock(&sender.lock);
    pthread_join(sender.thread, NULL);
}

void sender_wake(void) {
    pthread_mutex_lock(&sender.lock);
    sender.woken = true;
    pthread_cond_signal(&sender.changed);
    pthread_mutex_unlock(&sender.lock);
}
