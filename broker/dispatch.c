#include "broker/dispatch.h"

#include <errno.h>
#include <string.h>

#include "broker/admin.h"
#include "broker/answer.h"
#include "broker/flight.h"
#include "broker/queue.h"
#include "broker/registry.h"
#include "protocol/node/log.h"

enum { PATIENCE = 10 }; /* an asker may wait so many times the contract's deadline */

/* Taking in. */

static void refuse(struct broker *broker, void *socket, struct tally *tally, enum status status, const char *code) {
    if (tally)
        tally->refused++;
    answer_refuse(broker, socket, status, code);
}

/* Edges vouch for who asks; an actor asks for itself. */
static void stamp(struct broker *broker, void *socket, const struct message *row) {
    struct header *header = &broker->parcel.header;
    header->attempt = 0;
    if (!header->remaining_ms || header->remaining_ms > (uint64_t)row->deadline_ms * PATIENCE)
        header->remaining_ms = row->deadline_ms;
    if (socket == broker->work) {
        header->user = 0;
        header->roles = ROLE_SERVICE;
        memset(header->once, 0, sizeof header->once);
    }
}

void dispatch_ask(struct broker *broker, void *socket) {
    struct header *header = &broker->parcel.header;
    struct tally *tally = broker_tally(broker, header->message);
    if (!tally) {
        refuse(broker, socket, NULL, NOT_FOUND, "unknown-message");
        return;
    }
    if (tally->row->service == SERVICE_broker) {
        tally->accepted++;
        admin_ask(broker, socket);
        return;
    }
    struct service *service = &broker->services[tally->row->service];
    struct queue *queue = &service->queues[tally->row->lane];
    if (broker->stopping || broker->draining || service->draining) {
        refuse(broker, socket, tally, BUSY, "draining");
        return;
    }
    if (flight_open(&broker->flights, &header->key)) {
        refuse(broker, socket, tally, BUSY, "in-flight");
        return;
    }
    stamp(broker, socket, tally->row);
    struct flight *flight = NULL;
    if (queue_full(queue, HEADER_BYTES + header->body_bytes) || queue_hopeless(queue, header->remaining_ms) ||
        !(flight = flight_new(broker, socket, tally))) {
        refuse(broker, socket, tally, BUSY, "busy");
        return;
    }
    tally->accepted++;
    queue_add(queue, flight);
    dispatch_queue(broker, queue);
    if (flight->state == FLIGHT_QUEUED)
        tally->stalls++;
}

/* Handing over. */

static int hand_over(struct broker *broker, struct flight *flight, struct worker *worker) {
    struct header header = flight->header;
    header.attempt++;
    header.remaining_ms = (uint32_t)((flight->deadline_us - broker->now_us + 999) / 1000);
    if (zmq_msg_size(&flight->head) == HEADER_BYTES)
        header_write(&header, zmq_msg_data(&flight->head));
    else if (parcel_head(&flight->head, &header)) {
        registry_unreachable(broker, worker, EAGAIN);
        return -1;
    }
    zmq_msg_t body;
    zmq_msg_init(&body);
    /* A copy shares the bytes. */
    if (flight->tally->row->retry && header.attempt < ATTEMPTS_MAX)
        zmq_msg_copy(&body, &flight->body);
    else
        zmq_msg_move(&body, &flight->body);
    if (parcel_send(broker->work, worker->id, worker->id_bytes, &flight->head, &body)) {
        registry_unreachable(broker, worker, errno);
        zmq_msg_move(&flight->body, &body);
        zmq_msg_close(&body);
        return -1;
    }
    zmq_msg_close(&body);
    flight->header.attempt = header.attempt;
    return 0;
}

static void expire(struct broker *broker, struct flight *flight);

void dispatch_queue(struct broker *broker, struct queue *queue) {
    struct flight *flight;
    while ((flight = queue->waiting.first)) {
        if (flight->deadline_us <= broker->now_us) {
            expire(broker, flight);
            continue;
        }
        struct worker *worker = registry_choose(queue);
        if (!worker)
            break;
        if (hand_over(broker, flight, worker))
            continue;
        queue_remove(queue, flight);
        flight->state = FLIGHT_HELD;
        flight->sent_us = broker->now_us;
        flight->tally->dispatched++;
        histogram_add(&flight->tally->wait, broker->now_us - flight->asked_us);
        registry_hold(worker, flight);
    }
}

void dispatch_service(struct broker *broker, struct service *service) {
    for (int lane = 0; lane < LANE_COUNT; lane++)
        dispatch_queue(broker, &service->queues[lane]);
}

/* Answers of workers. */

static void measure(struct broker *broker, struct flight *flight) {
    histogram_add(&flight->tally->service, broker->now_us - flight->sent_us);
    histogram_add(&flight->tally->total, broker->now_us - flight->asked_us);
}

static int forward(struct broker *broker, struct flight *flight) {
    struct parcel *parcel = &broker->parcel;
    if (!parcel_send(flight->socket, zmq_msg_data(&flight->client), zmq_msg_size(&flight->client), &parcel->head,
                     &parcel->body))
        return 0;
    answer_undelivered(broker);
    return -1;
}

static void cancel_at_worker(struct broker *broker, const struct flight *flight) {
    struct header header = flight->header;
    header.kind = KIND_CANCEL;
    header.remaining_ms = header.body_bytes = 0;
    if (parcel_tell(broker->work, flight->worker->id, flight->worker->id_bytes, &header, NULL, 0))
        registry_unreachable(broker, flight->worker, errno);
}

static void part(struct broker *broker, struct flight *flight) {
    if (flight->state == FLIGHT_ABANDONED) {
        flight->tally->late++;
        return;
    }
    /* A stream with a hole is worth nothing. */
    if (forward(broker, flight)) {
        cancel_at_worker(broker, flight);
        flight_abandon(broker, flight);
    }
}

void dispatch_say(struct broker *broker) {
    struct parcel *parcel = &broker->parcel;
    struct flight *flight = flight_held(&broker->flights, &parcel->header.key, &parcel->id);
    if (!flight) {
        struct tally *tally = broker_tally(broker, parcel->header.message);
        if (tally)
            tally->late++;
        registry_hear(broker);
        return;
    }
    struct worker *worker = flight->worker;
    struct queue *queue = flight->queue;
    registry_heard(broker, worker);
    if (parcel->header.kind == KIND_PART) {
        part(broker, flight);
        return;
    }
    if (flight->state == FLIGHT_ABANDONED) {
        flight->tally->late++;
    } else {
        forward(broker, flight);
        measure(broker, flight);
    }
    queue_answered(queue, broker->now_us);
    registry_release(flight);
    flight_free(broker, flight);
    dispatch_queue(broker, queue);
    registry_retire(broker, worker);
}

/* Giving up. */

static void expire(struct broker *broker, struct flight *flight) {
    flight->tally->expired++;
    answer_flight(broker, flight, DEADLINE, "deadline");
    if (flight->state == FLIGHT_QUEUED) {
        queue_remove(flight->queue, flight);
        flight_free(broker, flight);
    } else {
        cancel_at_worker(broker, flight);
        flight_abandon(broker, flight);
    }
}

void dispatch_expire(struct broker *broker) {
    struct flight *flight;
    while ((flight = flight_nearest(&broker->flights)) && flight->deadline_us <= broker->now_us)
        expire(broker, flight);
}

void dispatch_cancel(struct broker *broker, void *socket) {
    struct parcel *parcel = &broker->parcel;
    struct flight *flight = flight_open(&broker->flights, &parcel->header.key);
    if (!flight || flight->socket != socket || zmq_msg_size(&flight->client) != zmq_msg_size(&parcel->id) ||
        memcmp(zmq_msg_data(&flight->client), zmq_msg_data(&parcel->id), zmq_msg_size(&parcel->id)) != 0)
        return;
    flight->tally->cancelled++;
    if (flight->state == FLIGHT_QUEUED) {
        queue_remove(flight->queue, flight);
        flight_free(broker, flight);
    } else {
        cancel_at_worker(broker, flight);
        flight_abandon(broker, flight);
    }
}

void dispatch_bereave(struct broker *broker, struct flight *flight, bool killed) {
    bool retry = flight->tally->row->retry;
    flight->kills += killed;
    if (flight->state == FLIGHT_ABANDONED) {
        flight_free(broker, flight);
        return;
    }
    if (retry && flight->kills < KILLS_MAX && flight->header.attempt < ATTEMPTS_MAX) {
        flight->tally->retried++;
        queue_return(flight->queue, flight);
        return;
    }
    if (retry && flight->kills >= KILLS_MAX) {
        broker->parked++;
        log_error(flight->header.trace, "ask_parked", "message=%s kills=%u", flight->tally->row->name, flight->kills);
    }
    flight->tally->lost++;
    answer_flight(broker, flight, UNKNOWN_OUTCOME, "unknown-outcome");
    flight_free(broker, flight);
}

void dispatch_give_up(struct broker *broker) {
    struct flight *flight;
    while ((flight = flight_nearest(&broker->flights))) {
        bool held = flight->state == FLIGHT_HELD;
        answer_flight(broker, flight, held ? UNKNOWN_OUTCOME : BUSY, held ? "unknown-outcome" : "draining");
        *(held ? &flight->tally->lost : &flight->tally->refused) += 1;
        if (held) {
            flight_abandon(broker, flight);
        } else {
            queue_remove(flight->queue, flight);
            flight_free(broker, flight);
        }
    }
}
