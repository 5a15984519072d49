#include "broker/pulse.h"

#include <errno.h>
#include <stdlib.h>

#include "broker/dispatch.h"
#include "broker/registry.h"
#include "protocol/node/config.h"
#include "protocol/node/log.h"

void pulse_bury(struct broker *broker, struct worker *worker) {
    struct flight *flight;
    struct service *service = worker->service;
    while ((flight = worker->held.last)) {
        registry_release(flight);
        dispatch_bereave(broker, flight, !worker->draining);
    }
    free(worker);
    dispatch_service(broker, service);
}

void pulse_probe(struct broker *broker) {
    for (unsigned i = 0; i < SERVICE_COUNT; i++)
        for (struct worker *worker = broker->services[i].first; worker; worker = worker->next)
            if (!worker->doomed && parcel_signal(broker->work, worker->id, worker->id_bytes, KIND_BEAT))
                registry_unreachable(broker, worker, errno);
}

/* Takes all workers that are dead by `dead` out of the registry, then buries them: burying dispatches anew. */
static void bury_all(struct broker *broker, bool (*dead)(const struct broker *broker, const struct worker *worker)) {
    struct worker *graves = NULL;
    for (unsigned i = 0; i < SERVICE_COUNT; i++)
        for (struct worker *worker = broker->services[i].first, *next; worker; worker = next) {
            next = worker->next;
            if (!dead(broker, worker))
                continue;
            registry_leave(broker, worker);
            worker->chain = graves;
            graves = worker;
        }
    while (graves) {
        struct worker *worker = graves;
        graves = worker->chain;
        log_warn(NULL, "worker_lost", "service=%s instance=%s held=%u silent_ms=%lld", worker->service->name,
                 log_value(worker->instance), worker->holds[LANE_FAST] + worker->holds[LANE_HEAVY],
                 (long long)(broker->now_us - worker->seen_us) / 1000);
        pulse_bury(broker, worker);
    }
}

static bool gone(const struct broker *broker, const struct worker *worker) {
    (void)broker;
    return worker->doomed;
}

static bool silent(const struct broker *broker, const struct worker *worker) {
    return broker->now_us - worker->seen_us > config()->silence_ms * 1000;
}

void pulse_reap(struct broker *broker) {
    bury_all(broker, gone);
}

void pulse_tick(struct broker *broker) {
    /* When this process itself was stopped, the silence was its own. */
    bool slept = broker->now_us - broker->ticked_us > (config()->beat_ms + config()->silence_ms / 2) * 1000;
    broker->ticked_us = broker->now_us;
    if (!slept) {
        bury_all(broker, silent);
        return;
    }
    for (unsigned i = 0; i < SERVICE_COUNT; i++)
        for (struct worker *worker = broker->services[i].first; worker; worker = worker->next)
            worker->seen_us = broker->now_us;
}
