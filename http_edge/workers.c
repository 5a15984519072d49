#include "http_edge/workers.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "http_edge/shard.h"
#include "protocol/node/log.h"

enum { THREADS_MAX = 16 };

struct queue {
    struct work *first, *last;
};

struct worker {
    struct workers *workers;
    pthread_t thread;
    pthread_cond_t wake;
    struct queue waiting;
    bool started;
};

struct workers {
    struct shard *shard;
    pthread_mutex_t lock;
    struct worker all[THREADS_MAX];
    unsigned count;
    struct queue done;
    zmq_pollitem_t item;
    bool ending;
};

static void push(struct queue *queue, struct work *work) {
    work->next = NULL;
    if (queue->last)
        queue->last->next = work;
    else
        queue->first = work;
    queue->last = work;
}

static struct work *pop(struct queue *queue) {
    struct work *work = queue->first;
    if (work && !(queue->first = work->next))
        queue->last = NULL;
    return work;
}

static void *loop(void *arg) {
    struct worker *worker = arg;
    struct workers *workers = worker->workers;
    uint64_t one = 1;
    pthread_mutex_lock(&workers->lock);
    for (;;) {
        struct work *work = pop(&worker->waiting);
        if (!work && workers->ending)
            break;
        if (!work) {
            pthread_cond_wait(&worker->wake, &workers->lock);
            continue;
        }
        pthread_mutex_unlock(&workers->lock);
        work->run(work);
        pthread_mutex_lock(&workers->lock);
        bool first = !workers->done.first;
        push(&workers->done, work);
        if (first && write(workers->item.fd, &one, sizeof one) < 0)
            log_warn(NULL, "wake_failed", NULL);
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

static void finish(struct workers *workers) {
    pthread_mutex_lock(&workers->lock);
    struct queue done = workers->done;
    workers->done = (struct queue){0};
    pthread_mutex_unlock(&workers->lock);
    for (struct work *work; (work = pop(&done));)
        work->done(work);
}

static int some_done(zloop_t *zloop, zmq_pollitem_t *item, void *arg) {
    (void)zloop;
    struct workers *workers = arg;
    uint64_t value;
    if (read(item->fd, &value, sizeof value) != sizeof value)
        return 0;
    finish(workers);
    workers->shard->serve(workers->shard);
    return 0;
}

struct workers *workers_new(struct shard *shard, unsigned count) {
    struct workers *workers = calloc(1, sizeof *workers);
    if (!workers)
        return NULL;
    workers->shard = shard;
    workers->count = count < THREADS_MAX ? count : THREADS_MAX;
    workers->item = (zmq_pollitem_t){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .events = ZMQ_POLLIN};
    pthread_mutex_init(&workers->lock, NULL);
    for (unsigned i = 0; i < workers->count; i++) {
        workers->all[i].workers = workers;
        pthread_cond_init(&workers->all[i].wake, NULL);
    }
    if (workers->item.fd >= 0 && !zloop_poller(shard->loop, &workers->item, some_done, workers))
        return workers;
    free(workers);
    return NULL;
}

void workers_free(struct workers *workers) {
    if (!workers)
        return;
    pthread_mutex_lock(&workers->lock);
    workers->ending = true;
    for (unsigned i = 0; i < workers->count; i++)
        pthread_cond_signal(&workers->all[i].wake);
    pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->count; i++)
        if (workers->all[i].started)
            pthread_join(workers->all[i].thread, NULL);
    finish(workers);
    zloop_poller_end(workers->shard->loop, &workers->item);
    close(workers->item.fd);
    for (unsigned i = 0; i < workers->count; i++)
        pthread_cond_destroy(&workers->all[i].wake);
    pthread_mutex_destroy(&workers->lock);
    free(workers);
}

int workers_give(struct workers *workers, struct work *work, unsigned lane) {
    struct worker *worker = &workers->all[lane % workers->count];
    if (!worker->started && pthread_create(&worker->thread, NULL, loop, worker))
        return -1;
    worker->started = true;
    pthread_mutex_lock(&workers->lock);
    push(&worker->waiting, work);
    pthread_cond_signal(&worker->wake);
    pthread_mutex_unlock(&workers->lock);
    return 0;
}
