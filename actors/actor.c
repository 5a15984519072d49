#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "actors/actor_parts.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

enum { HEAVY_NICE = 10 };

struct worker {
    struct actor *actor;
    enum lane lane;
    struct db *db; /* connected, or NULL: the worker opens its own */
};

static struct call *call_new(struct actor *actor, const struct handler *handler, unsigned broker,
                             const struct header *header, zmq_msg_t *body) {
    struct arena *arena = arena_new();
    struct call *call = arena ? arena_alloc(arena, sizeof *call) : NULL;
    size_t n = zmq_msg_size(body);
    void *copy = call ? arena_copy(arena, zmq_msg_data(body), n) : NULL;
    if (!copy) {
        arena_free(arena);
        return NULL;
    }
    *call = (struct call){.actor = actor,
                          .message = message_row(header->message),
                          .handler = handler,
                          .header = *header,
                          .arena = arena,
                          .broker = broker,
                          .deadline_ms = clock_ms() + header->remaining_ms,
                          .body = copy,
                          .body_bytes = n};
    return call;
}

static void refuse(struct actor *actor, unsigned broker, const struct header *header, enum status status) {
    struct header answer = *header;
    answer.kind = KIND_SAY;
    answer.status = (uint16_t)status;
    if (link_say(actor->link, broker, &answer, NULL, 0))
        log_warn(header->trace, "answer_lost", "broker=%u", broker);
}

static void asked(void *self, unsigned broker, const struct header *header, zmq_msg_t *body) {
    struct actor *actor = self;
    const struct message *message = message_row(header->message);
    const struct handler *handler = message ? actor_handler(actor, header->message) : NULL;
    if (!handler) {
        refuse(actor, broker, header, NOT_FOUND);
        return;
    }
    struct call *call = call_new(actor, handler, broker, header, body);
    if (!call || mailbox_put(&actor->lanes[message->lane], call)) {
        if (call)
            arena_free(call->arena);
        refuse(actor, broker, header, BUSY);
    }
}

static void said(void *self, const struct header *header, zmq_msg_t *body) {
    (void)body;
    if (header->kind == KIND_SAY)
        outbox_answer(self, header);
}

static void *work(void *arg) {
    struct worker worker = *(struct worker *)arg;
    struct actor *actor = worker.actor;
    const struct actor_options *options = actor->options;
    struct call *calls[BATCH_MAX];
    free(arg);
    /* A flood of logins must not take the processor from playback. */
    if (worker.lane == LANE_HEAVY)
        setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), HEAVY_NICE);
    struct db *db =
        worker.db ? worker.db : db_open(service_name(options->service), options->queries, options->query_count);
    if (worker.lane == LANE_FAST && db && !worker.db) {
        usleep(ACTOR_BEHIND_MS * 1000);
        db_connect(db);
    }
    for (size_t n; db && (n = mailbox_take(&actor->lanes[worker.lane], calls, BATCH_MAX));) {
        unsigned message = calls[0]->message->number;
        work_run(actor, db, calls, n);
        mailbox_done(&actor->lanes[worker.lane], message, n);
    }
    db_close(db);
    return NULL;
}

/* The first worker takes `db`, which may be NULL. */
static int start_workers(struct actor *actor, enum lane lane, size_t n, struct db *db) {
    for (size_t i = 0; i < n; i++) {
        struct worker *worker = malloc(sizeof *worker);
        if (worker)
            *worker = (struct worker){actor, lane, i ? NULL : db};
        if (!worker || pthread_create(&actor->threads[actor->thread_count], NULL, work, worker)) {
            free(worker);
            if (!i)
                db_close(db);
            return -1;
        }
        actor->thread_count++;
    }
    return 0;
}

static int outgoing(zloop_t *loop, zmq_pollitem_t *item, void *arg) {
    (void)loop, (void)item;
    struct actor *actor = arg;
    for (struct parcel *parcel = out_take(&actor->out), *next; parcel; parcel = next) {
        next = parcel->next;
        int rc = 0;
        if (parcel->kind == PARCEL_SAY)
            rc = link_say(actor->link, parcel->broker, &parcel->header, parcel->body.at, parcel->body.n);
        else if (parcel->kind == PARCEL_EVENT)
            for (unsigned i = 0; i < link_count(actor->link); i++)
                link_say(actor->link, i, &parcel->header, parcel->body.at, parcel->body.n);
        else if (link_ask(actor->link, &parcel->header, parcel->body.at, parcel->body.n) < 0) {
            parcel->header.status = UNAVAILABLE;
            outbox_answer(actor, &parcel->header);
        }
        if (rc)
            log_warn(parcel->header.trace, "answer_lost", "broker=%u", parcel->broker);
        parcel_free(parcel);
    }
    return 0;
}

/* Ends the loop when everything that was taken in is answered, or when time is up. */
static int drained(zloop_t *loop, int timer, void *arg) {
    (void)loop, (void)timer;
    struct actor *actor = arg;
    bool idle =
        mailbox_idle(&actor->lanes[LANE_FAST]) && mailbox_idle(&actor->lanes[LANE_HEAVY]) && out_idle(&actor->out);
    return idle || clock_ms() - actor->stop_ms > config()->drain_seconds * 1000 ? -1 : 0;
}

static void stop(void *self) {
    struct actor *actor = self;
    actor->stop_ms = clock_ms();
    link_bye(actor->link);
    zloop_timer(actor->loop, 20, 0, drained, actor);
}

static size_t processors(void) {
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (size_t)n : 1;
}

static bool has_heavy(const struct actor *actor) {
    for (size_t i = 0; i < actor->options->handler_count; i++)
        if (message_row(actor->options->handlers[i].message)->lane == LANE_HEAVY)
            return true;
    return false;
}

/* The database may come up after us; a service manager's start limit is no reason to give up. The connection, for the
 * first worker; NULL when the process cannot start. */
static struct db *prepare(struct actor *actor) {
    const struct actor_options *options = actor->options;
    struct db *db = db_open(service_name(options->service), options->queries, options->query_count);
    if (!db)
        return NULL;
    sigset_t pending;
    int rc = 0;
    while (!rc && db_check(db) != OK) {
        usleep(20000);
        rc = sigpending(&pending) || sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT) ? -1 : 0;
    }
    if (!rc && options->start)
        rc = options->start(actor, db);
    if (!rc)
        return db;
    db_close(db);
    return NULL;
}

static int open_parts(struct actor *actor, size_t fast, size_t heavy) {
    size_t heavy_credit = heavy ? (size_t)config()->mailbox_heavy : 0;
    if (mailbox_open(&actor->lanes[LANE_FAST], (size_t)config()->mailbox_fast) ||
        mailbox_open(&actor->lanes[LANE_HEAVY], heavy_credit))
        return -1;
    actor->loop = zloop_new();
    actor->threads = calloc(fast + heavy, sizeof *actor->threads);
    if (!actor->loop || !actor->threads || out_open(&actor->out))
        return -1;
    actor->life = life_open(actor->loop, stop, actor);
    static zmq_pollitem_t wake;
    wake = (zmq_pollitem_t){.fd = actor->out.wake, .events = ZMQ_POLLIN};
    if (!actor->life || zloop_poller(actor->loop, &wake, outgoing, actor))
        return -1;
    struct db *db = prepare(actor);
    if (!db)
        return -1;
    actor->link = link_open(&(struct link_options){.loop = actor->loop,
                                                   .service = actor->options->service,
                                                   .fast = (unsigned)config()->mailbox_fast,
                                                   .heavy = (unsigned)heavy_credit,
                                                   .calls = {.ask = asked, .cancel = actor_cancel, .say = said},
                                                   .self = actor});
    if (!actor->link) {
        db_close(db);
        return -1;
    }
    if (start_workers(actor, LANE_FAST, fast, db) || start_workers(actor, LANE_HEAVY, heavy, NULL))
        return -1;
    return outbox_start(actor);
}

static void close_parts(struct actor *actor) {
    __atomic_store_n(&actor->stopping, true, __ATOMIC_RELEASE);
    for (int lane = 0; lane < LANE_COUNT; lane++)
        mailbox_close(&actor->lanes[lane]);
    if (actor->options->stop)
        actor->options->stop(actor);
    for (size_t i = 0; i < actor->thread_count; i++)
        pthread_join(actor->threads[i], NULL);
    outbox_stop(actor);
    outgoing(actor->loop, NULL, actor);
    link_free(actor->link);
    life_free(actor->life);
    zloop_destroy(&actor->loop);
    free(actor->threads);
    for (int lane = 0; lane < LANE_COUNT; lane++)
        mailbox_free(&actor->lanes[lane]);
}

int actor_run(const struct actor_options *options) {
    static struct actor actor;
    life_begin(service_name(options->service));
    actor.options = options;
    pthread_mutex_init(&actor.cancel_lock, NULL);
    size_t heavy = config()->workers_heavy ? (size_t)config()->workers_heavy : processors();
    if (open_parts(&actor, (size_t)config()->workers_fast, has_heavy(&actor) ? heavy : 0)) {
        log_error(NULL, "start_failed", NULL);
        return 1;
    }
    life_notify("READY=1");
    log_info(NULL, "ready", NULL);
    zloop_start(actor.loop);
    close_parts(&actor);
    log_info(NULL, "stopped", NULL);
    return 0;
}
