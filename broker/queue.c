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
