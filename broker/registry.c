#include "broker/registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker/flight.h"
#include "protocol/node/log.h"

/* The table. */

static struct worker **bucket(struct broker *broker, const uint8_t *id, size_t n) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ id[i]) * 16777619u;
    return &broker->workers[(hash ^ hash >> 16) & (WORKER_BUCKETS - 1)];
}

struct worker *registry_find(struct broker *broker) {
    const uint8_t *id = zmq_msg_data(&broker->parcel.id);
    size_t n = zmq_msg_size(&broker->parcel.id);
    struct worker *worker = *bucket(broker, id, n);
    while (worker && (worker->id_bytes != n || memcmp(worker->id, id, n) != 0))
        worker = worker->chain;
    return worker;
}

static void line_up(struct worker *worker) {
    struct service *service = worker->service;
    worker->next = NULL;
    worker->previous = service->last;
    *(service->last ? &service->last->next : &service->first) = worker;
    service->last = worker;
}

static void step_out(struct worker *worker) {
    struct service *service = worker->service;
    *(worker->previous ? &worker->previous->next : &service->first) = worker->next;
    *(worker->next ? &worker->next->previous : &service->last) = worker->previous;
}

static void enter(struct broker *broker, struct worker *worker) {
    struct worker **to = bucket(broker, worker->id, worker->id_bytes);
    worker->chain = *to;
    *to = worker;
    line_up(worker);
    worker->service->workers++;
    broker->worker_count++;
}

void registry_leave(struct broker *broker, struct worker *worker) {
    struct worker **at = bucket(broker, worker->id, worker->id_bytes);
    while (*at != worker)
        at = &(*at)->chain;
    *at = worker->chain;
    step_out(worker);
    worker->service->workers--;
    broker->worker_count--;
    broker->doomed -= worker->doomed;
}

void registry_dismiss(struct broker *broker, enum status status) {
    struct header header = {.kind = KIND_BYE, .status = (uint16_t)status};
    parcel_tell(broker->work, zmq_msg_data(&broker->parcel.id), zmq_msg_size(&broker->parcel.id), &header, NULL, 0);
}

struct worker *registry_add(struct broker *broker, struct service *service) {
    size_t n = zmq_msg_size(&broker->parcel.id);
    if (broker->worker_count >= WORKERS_MAX || n > sizeof((struct worker *)0)->id)
        return NULL;
    struct worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return NULL;
    worker->service = service;
    worker->id_bytes = n;
    memcpy(worker->id, zmq_msg_data(&broker->parcel.id), n);
    enter(broker, worker);
    return worker;
}

void registry_heard(struct broker *broker, struct worker *worker) {
    worker->seen_us = broker->now_us;
    worker->choked = false;
}

struct worker *registry_hear(struct broker *broker) {
    struct worker *worker = registry_find(broker);
    if (worker)
        registry_heard(broker, worker);
    else
        registry_dismiss(broker, OK);
    return worker;
}

void registry_unreachable(struct broker *broker, struct worker *worker, int error) {
    if (error == EAGAIN) {
        worker->choked = true;
        return;
    }
    if (worker->doomed)
        return;
    worker->doomed = true;
    if (!broker->doomed++)
        broker->doomed_us = broker->now_us;
}

/* Credit. */

static unsigned credit(const struct worker *worker, enum lane lane) {
    if (worker->draining || worker->choked || worker->doomed || worker->holds[lane] >= worker->window[lane])
        return 0;
    return worker->window[lane] - worker->holds[lane];
}

struct worker *registry_choose(struct queue *queue) {
    struct worker *best = NULL;
    unsigned most = 0;
    for (struct worker *worker = queue->service->first; worker; worker = worker->next)
        if (credit(worker, queue->lane) > most) {
            most = credit(worker, queue->lane);
            best = worker;
        }
    if (best && best->next) {
        step_out(best);
        line_up(best);
    }
    return best;
}

size_t registry_serving(const struct queue *queue) {
    size_t serving = 0;
    for (const struct worker *worker = queue->service->first; worker; worker = worker->next)
        serving += worker->window[queue->lane] && !worker->draining && !worker->doomed;
    return serving;
}

void registry_hold(struct worker *worker, struct flight *flight) {
    flight->worker = worker;
    flight_push(&worker->held, flight);
    worker->holds[flight->queue->lane]++;
    flight->queue->held++;
}

void registry_release(struct flight *flight) {
    struct worker *worker = flight->worker;
    flight_unlink(&worker->held, flight);
    worker->holds[flight->queue->lane]--;
    flight->queue->held--;
    flight->worker = NULL;
}

/* Leaving. */

void registry_retire(struct broker *broker, struct worker *worker) {
    if (!worker->draining || worker->doomed || worker->held.first)
        return;
    /* Tells a leaving process that nothing more will come. */
    parcel_signal(broker->work, worker->id, worker->id_bytes, KIND_BYE);
    log_info(NULL, "worker_left", "service=%s instance=%s", worker->service->name, log_value(worker->instance));
    registry_leave(broker, worker);
    free(worker);
}

void registry_close(struct broker *broker) {
    for (unsigned i = 0; i < SERVICE_COUNT; i++)
        for (struct worker *worker = broker->services[i].first, *next; worker; worker = next) {
            next = worker->next;
            free(worker);
        }
}
