#include "broker/presence.h"

#include <errno.h>
#include <stdio.h>

#include "broker/dispatch.h"
#include "broker/pulse.h"
#include "broker/registry.h"
#include "protocol/node/log.h"
#include "protocol/wire/codec.h"

static void welcome(struct broker *broker, struct worker *worker, const struct worker_ready *ready) {
    bool news = !worker->instance[0];
    snprintf(worker->instance, sizeof worker->instance, "%s", ready->instance);
    worker->window[LANE_FAST] = (unsigned)ready->fast;
    worker->window[LANE_HEAVY] = (unsigned)ready->heavy;
    worker->draining = false;
    registry_heard(broker, worker);
    if (news)
        log_info(NULL, "worker_ready", "service=%s instance=%s fast=%u heavy=%u", worker->service->name,
                 log_value(worker->instance), worker->window[LANE_FAST], worker->window[LANE_HEAVY]);
    dispatch_service(broker, worker->service);
}

void presence_ready(struct broker *broker) {
    struct fault fault;
    struct parcel *parcel = &broker->parcel;
    arena_reset(broker->arena);
    const struct worker_ready *ready = body_decode(worker_ready_record(), zmq_msg_data(&parcel->body),
                                                   zmq_msg_size(&parcel->body), broker->arena, &fault);
    if (!ready) {
        broker->malformed++;
        log_warn(NULL, "ready_refused", "field=%s why=%s", log_value(fault.field), log_value(fault.why));
        registry_dismiss(broker, INVALID);
        return;
    }
    int number = service_number(ready->service);
    if (number <= SERVICE_broker) {
        log_warn(NULL, "ready_refused", "service=%s why=\"no such service\"", log_value(ready->service));
        registry_dismiss(broker, FORBIDDEN);
        return;
    }
    struct service *service = &broker->services[number];
    struct worker *worker = registry_find(broker);
    if (worker && worker->service != service) {
        registry_leave(broker, worker);
        pulse_bury(broker, worker);
        worker = NULL;
    }
    if (!worker && !(worker = registry_add(broker, service))) {
        log_warn(NULL, "ready_refused", "service=%s why=\"too many workers\"", service->name);
        registry_dismiss(broker, BUSY);
        return;
    }
    welcome(broker, worker, ready);
}

void presence_beat(struct broker *broker) {
    struct worker *worker = registry_hear(broker);
    if (worker && parcel_signal(broker->work, worker->id, worker->id_bytes, KIND_BEAT))
        registry_unreachable(broker, worker, errno);
}

void presence_bye(struct broker *broker) {
    struct worker *worker = registry_find(broker);
    if (!worker)
        return;
    registry_heard(broker, worker);
    worker->draining = true;
    log_info(NULL, "worker_leaving", "service=%s instance=%s", worker->service->name, log_value(worker->instance));
    registry_retire(broker, worker);
}

static unsigned widened(unsigned window, uint64_t by) {
    return by > WINDOW_MAX - window ? WINDOW_MAX : window + (unsigned)by;
}

void presence_credit(struct broker *broker) {
    const struct header *header = &broker->parcel.header;
    struct worker *worker = registry_hear(broker);
    if (!worker)
        return;
    worker->window[LANE_FAST] = widened(worker->window[LANE_FAST], header->remaining_ms);
    worker->window[LANE_HEAVY] = widened(worker->window[LANE_HEAVY], header->user > 0 ? (uint64_t)header->user : 0);
    dispatch_service(broker, worker->service);
}
