#include "broker/admin.h"

#include <string.h>

#include "broker/answer.h"
#include "broker/queue.h"
#include "broker/registry.h"
#include "protocol/node/log.h"
#include "protocol/wire/codec.h"

static int64_t credit_left(const struct worker *worker, enum lane lane) {
    return worker->window[lane] > worker->holds[lane] && !worker->draining ? worker->window[lane] - worker->holds[lane]
                                                                           : 0;
}

static int list_queues(struct broker *broker, struct list *list) {
    static const char *const lanes[] = {"FAST", "HEAVY"};
    struct queue_row *row = list->at = arena_alloc(broker->arena, SERVICE_COUNT * LANE_COUNT * sizeof *row);
    if (!row)
        return -1;
    for (unsigned i = SERVICE_broker + 1; i < SERVICE_COUNT; i++)
        for (int lane = 0; lane < LANE_COUNT; lane++) {
            struct service *service = &broker->services[i];
            struct queue *queue = &service->queues[lane];
            *row++ = (struct queue_row){.service = service->name,
                                        .lane = lanes[lane],
                                        .workers = (int64_t)registry_serving(queue),
                                        .queued = (int64_t)queue->waits,
                                        .queued_bytes = (int64_t)queue->waiting_bytes,
                                        .oldest_ms = queue_age_us(queue, broker->now_us) / 1000,
                                        .in_flight = (int64_t)queue->held,
                                        .draining = service->draining || broker->draining || broker->stopping};
        }
    list->n = (size_t)(row - (struct queue_row *)list->at);
    return 0;
}

static int list_workers(struct broker *broker, struct list *list) {
    struct worker_row *row = list->at = arena_alloc(broker->arena, (broker->worker_count + 1) * sizeof *row);
    if (!row)
        return -1;
    for (unsigned i = 0; i < SERVICE_COUNT; i++)
        for (const struct worker *worker = broker->services[i].first; worker; worker = worker->next)
            *row++ = (struct worker_row){.service = worker->service->name,
                                         .instance = worker->instance,
                                         .fast_credit = credit_left(worker, LANE_FAST),
                                         .heavy_credit = credit_left(worker, LANE_HEAVY),
                                         .in_flight = worker->holds[LANE_FAST] + worker->holds[LANE_HEAVY],
                                         .silent_ms = (broker->now_us - worker->seen_us) / 1000,
                                         .draining = worker->draining};
    list->n = (size_t)(row - (struct worker_row *)list->at);
    return 0;
}

static int list_messages(struct broker *broker, struct list *list) {
    struct message_row *row = list->at = arena_alloc(broker->arena, broker->tally_count * sizeof *row);
    if (!row)
        return -1;
    for (unsigned i = 0; i < broker->tally_count; i++) {
        const struct tally *tally = broker->tallies[i];
        if (!tally || !(tally->accepted || tally->refused || tally->late))
            continue;
        *row++ = (struct message_row){.message = tally->row->name,
                                      .accepted = tally->accepted,
                                      .refused = tally->refused,
                                      .expired = tally->expired,
                                      .cancelled = tally->cancelled,
                                      .retried = tally->retried,
                                      .late = tally->late,
                                      .dispatched = tally->dispatched,
                                      .stalls = tally->stalls,
                                      .lost = tally->lost,
                                      .wait_p50_us = histogram_quantile(&tally->wait, 0.5),
                                      .wait_p99_us = histogram_quantile(&tally->wait, 0.99),
                                      .service_p50_us = histogram_quantile(&tally->service, 0.5),
                                      .service_p99_us = histogram_quantile(&tally->service, 0.99),
                                      .total_p50_us = histogram_quantile(&tally->total, 0.5),
                                      .total_p99_us = histogram_quantile(&tally->total, 0.99)};
    }
    list->n = (size_t)(row - (struct message_row *)list->at);
    return 0;
}

static void status(struct broker *broker, void *socket) {
    struct broker_state state = {.uptime_ms = (broker->now_us - broker->started_us) / 1000,
                                 .in_flight = (int64_t)broker->flights.heap_count,
                                 .draining = broker->draining || broker->stopping,
                                 .malformed = broker->malformed,
                                 .parked = broker->parked};
    if (list_queues(broker, &state.queues) || list_workers(broker, &state.workers) ||
        list_messages(broker, &state.messages))
        answer_refuse(broker, socket, BUSY, "busy");
    else
        answer_record(broker, socket, broker_state_record(), &state);
}

static void drain(struct broker *broker, void *socket) {
    struct parcel *parcel = &broker->parcel;
    struct fault fault;
    const struct drain_ask *ask = body_decode(drain_ask_record(), zmq_msg_data(&parcel->body),
                                              zmq_msg_size(&parcel->body), broker->arena, &fault);
    if (!ask) {
        answer_refuse(broker, socket, INVALID, "invalid-body");
        return;
    }
    int number = service_number(ask->service);
    if (number < 0) {
        answer_refuse(broker, socket, NOT_FOUND, "unknown-service");
        return;
    }
    bool *draining = number == SERVICE_broker ? &broker->draining : &broker->services[number].draining;
    *draining = !(ask->has_open && ask->open);
    log_info(parcel->header.trace, *draining ? "service_drained" : "service_opened", "service=%s",
             service_name((unsigned)number));
    answer_record(broker, socket, nothing_record(), &(struct nothing){0});
}

void admin_ask(struct broker *broker, void *socket) {
    arena_reset(broker->arena);
    if (broker->parcel.header.message == MSG_broker_status && socket != broker->work)
        status(broker, socket);
    else if (broker->parcel.header.message == MSG_broker_drain && socket == broker->admin)
        drain(broker, socket);
    else
        answer_refuse(broker, socket, FORBIDDEN, "admin-socket-only");
}
