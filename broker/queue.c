#include "broker/queue.h"

#include "broker/flight.h"
#include "protocol/node/config.h"

void queues_open(struct broker *broker) {
    for (unsigned i = 0; i < SERVICE_COUNT; i++) {
        struct service *service = &broker->services[i];
        service->name = service_name(i);
        for (int lane = 0; lane < LANE_COUNT; lane++)
            service->queues[lane] = (struct queue){.service = service, .lane = (enum lane)lane};
    }
}

bool queue_full(const struct queue *queue, size_t bytes) {
    return queue->waits >= (size_t)config()->queue_asks || queue->kept_bytes + bytes > (size_t)config()->queue_bytes;
}

enum { PACE_MOST_US = 2000000, PACE_WEIGHT = 8 };

bool queue_hopeless(const struct queue *queue, uint32_t remaining_ms) {
    int64_t before_us = (int64_t)(queue->held + queue->waits) * queue->pace_us;
    return queue->lane == LANE_HEAVY && before_us > (int64_t)remaining_ms * 500;
}

void queue_answered(struct queue *queue, int64_t now_us) {
    int64_t sample = queue->said_us ? now_us - queue->said_us : 0;
    /* A worker that was away is no pace. */
    sample = sample < PACE_MOST_US ? sample : PACE_MOST_US;
    if (sample > 0)
        queue->pace_us = queue->pace_us ? queue->pace_us + (sample - queue->pace_us) / PACE_WEIGHT : sample;
    queue->said_us = queue->held > 1 ? now_us : 0;
}

static void count(struct queue *queue, struct flight *flight) {
    flight->state = FLIGHT_QUEUED;
    flight->worker = NULL;
    queue->waits++;
    queue->waiting_bytes += flight->bytes;
}

void queue_add(struct queue *queue, struct flight *flight) {
    count(queue, flight);
    flight_push(&queue->waiting, flight);
}

void queue_return(struct queue *queue, struct flight *flight) {
    count(queue, flight);
    flight_push_front(&queue->waiting, flight);
}

void queue_remove(struct queue *queue, struct flight *flight) {
    queue->waits--;
    queue->waiting_bytes -= flight->bytes;
    flight_unlink(&queue->waiting, flight);
}

int64_t queue_age_us(const struct queue *queue, int64_t now_us) {
    return queue->waiting.first ? now_us - queue->waiting.first->asked_us : 0;
}
