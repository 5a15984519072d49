#include <errno.h>
#include <stdlib.h>

#include "actors/actor_parts.h"
#include "protocol/node/clock.h"

/* Delivers what handlers posted: rows are sent as asks in their order, a window at a time, and deleted when answered.
 * One instance of a service delivers (an advisory lock), so that a row is not sent twice while it is under way. */

enum { WINDOW = 128, IDLE_MS = 1000, PATIENCE_MS = 10000, SWEEP_MS = 3600000 };

struct answer {
    int64_t id;
    enum status status;
    bool come;
};

/* Stable over restarts: a repeated delivery carries the same key, and the receiver knows it. */
static struct ask_key key_of(const struct actor *actor, int64_t id) {
    return (struct ask_key){(1ull << 62) | (uint64_t)actor->options->service, (uint64_t)id};
}

static void send_row(struct actor *actor, const struct rows *rows, size_t row) {
    struct arena *arena = arena_new();
    struct parcel *parcel = calloc(1, sizeof *parcel);
    const struct message *message = message_row((unsigned)rows_int(rows, row, "message"));
    if (arena && parcel && message) {
        struct bytes body = rows_bytes(rows, row, "body", arena);
        *parcel = (struct parcel){.kind = PARCEL_ASK,
                                  .header = {.message = (uint16_t)message->number,
                                             .remaining_ms = message->deadline_ms,
                                             .key = key_of(actor, rows_int(rows, row, "id"))}};
        random_bytes(parcel->header.trace, sizeof parcel->header.trace);
        buffer_add(&parcel->body, body.at, body.n);
        out_put(&actor->out, parcel);
        parcel = NULL;
    }
    free(parcel);
    arena_free(arena);
}

/* Waits for `changed` at most until `until_ms` (monotonic). The lock is held. */
static void wait_until(struct outbox *outbox, int64_t until_ms) {
    struct timespec until = {until_ms / 1000, until_ms % 1000 * 1000000};
    pthread_cond_timedwait(&outbox->changed, &outbox->lock, &until);
}

static void await_answers(struct actor *actor, size_t n) {
    struct outbox *outbox = &actor->outbox;
    int64_t until_ms = clock_ms() + PATIENCE_MS;
    pthread_mutex_lock(&outbox->lock);
    for (;;) {
        size_t come = 0;
        for (size_t i = 0; i < n; i++)
            come += outbox->answers[i].come;
        if (come == n || clock_ms() >= until_ms || actor_stopping(actor))
            break;
        wait_until(outbox, until_ms);
    }
    outbox->waiting = 0;
    pthread_mutex_unlock(&outbox->lock);
}

void outbox_answer(struct actor *actor, const struct header *header) {
    struct outbox *outbox = &actor->outbox;
    pthread_mutex_lock(&outbox->lock);
    for (size_t i = 0; i < outbox->waiting; i++)
        if ((uint64_t)outbox->answers[i].id == header->key.sequence) {
            outbox->answers[i].status = header->status;
            outbox->answers[i].come = true;
        }
    pthread_cond_signal(&outbox->changed);
    pthread_mutex_unlock(&outbox->lock);
}

/* A refusal that no repetition will change: kept with its reason for the operator, out of the way of the others. */
static bool final(enum status status) {
    return !status_row(status)->retry && status != UNKNOWN_OUTCOME && status != INTERNAL;
}

static bool settle(struct db *db, const struct answer *answers, size_t n) {
    struct buffer ids = {0};
    bool all = true;
    buffer_text(&ids, "{");
    for (size_t i = 0; i < n; i++) {
        if (answers[i].come && answers[i].status == OK)
            buffer_print(&ids, "%s%lld", ids.n > 1 ? "," : "", (long long)answers[i].id);
        else if (answers[i].come && final(answers[i].status)) {
            const char *why = status_row(answers[i].status)->name;
            log_error(NULL, "outbox_refused", "id=%lld status=%s", (long long)answers[i].id, why);
            rows_free(db_run(db, OUTBOX_FAIL, NULL, NULL, ARGS(ARG_INT("id", answers[i].id), ARG_TEXT("why", why))));
        } else
            all = false;
    }
    buffer_print(&ids, "}");
    if (ids.n > 2 && !ids.failed)
        rows_free(db_run(db, OUTBOX_DONE, NULL, NULL, ARGS(ARG_TEXT("ids", ids.at))));
    buffer_free(&ids);
    return all;
}

/* Rows sent, or -1 when something must be tried again later. */
static int deliver(struct actor *actor, struct db *db) {
    struct answer answers[WINDOW] = {0};
    struct rows *rows = db_run(db, OUTBOX_TAKE, NULL, NULL, NULL);
    if (!rows)
        return -1;
    size_t n = rows_count(rows);
    for (size_t i = 0; i < n && i < WINDOW; i++)
        answers[i].id = rows_int(rows, i, "id");
    pthread_mutex_lock(&actor->outbox.lock);
    actor->outbox.answers = answers;
    actor->outbox.waiting = n;
    pthread_mutex_unlock(&actor->outbox.lock);
    for (size_t i = 0; i < n; i++)
        send_row(actor, rows, i);
    rows_free(rows);
    if (n)
        await_answers(actor, n);
    return !n || settle(db, answers, n) ? (int)n : -1;
}

/* `led` is the connection that holds the lock, 0 for none: a lost connection gave it away. */
static bool leads(struct db *db, unsigned *led) {
    if (db_connect(db) != OK)
        return false;
    if (*led != db_generation(db)) {
        struct rows *rows = db_run(db, OUTBOX_LEAD, NULL, NULL, NULL);
        *led = rows && rows_bool(rows, 0, "lead") ? db_generation(db) : 0;
        rows_free(rows);
    }
    return *led;
}

static void rest(struct actor *actor, int64_t ms) {
    struct outbox *outbox = &actor->outbox;
    int64_t until_ms = clock_ms() + ms;
    pthread_mutex_lock(&outbox->lock);
    while (!outbox->posted && !actor_stopping(actor) && clock_ms() < until_ms)
        wait_until(outbox, until_ms);
    outbox->posted = false;
    pthread_mutex_unlock(&outbox->lock);
}

static void *run(void *arg) {
    struct actor *actor = arg;
    const struct actor_options *options = actor->options;
    struct db *db = db_open(service_name(options->service), options->queries, options->query_count);
    unsigned led = 0;
    int64_t swept_ms = clock_ms(), chored_ms = clock_ms() - options->chore_ms, back_off_ms = 50;
    rest(actor, ACTOR_BEHIND_MS);
    while (db && !actor_stopping(actor)) {
        bool leading = leads(db, &led);
        int sent = leading ? deliver(actor, db) : 0;
        if (options->chore && clock_ms() - chored_ms >= options->chore_ms) {
            options->chore(actor, db);
            chored_ms = clock_ms();
        }
        if (leading && clock_ms() - swept_ms > SWEEP_MS) {
            rows_free(db_run(db, SEEN_SWEEP, NULL, NULL, NULL));
            rows_free(db_run(db, ONCE_SWEEP, NULL, NULL, NULL));
            swept_ms = clock_ms();
        }
        back_off_ms = sent < 0 ? (back_off_ms < 2000 ? back_off_ms * 2 : 2000) : 50;
        int64_t idle_ms = options->chore && options->chore_ms < IDLE_MS ? options->chore_ms : IDLE_MS;
        if (sent <= 0)
            rest(actor, sent < 0 ? back_off_ms : idle_ms);
    }
    db_close(db);
    return NULL;
}

int outbox_start(struct actor *actor) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&actor->outbox.lock, NULL);
    pthread_cond_init(&actor->outbox.changed, &attributes);
    return pthread_create(&actor->outbox.thread, NULL, run, actor) ? -1 : 0;
}

void outbox_stop(struct actor *actor) {
    pthread_mutex_lock(&actor->outbox.lock);
    pthread_cond_signal(&actor->outbox.changed);
    pthread_mutex_unlock(&actor->outbox.lock);
    pthread_join(actor->outbox.thread, NULL);
}

void actor_posted(struct actor *actor) {
    pthread_mutex_lock(&actor->outbox.lock);
    actor->outbox.posted = true;
    pthread_cond_signal(&actor->outbox.changed);
    pthread_mutex_unlock(&actor->outbox.lock);
}
