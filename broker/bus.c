#include "broker/bus.h"

#include <string.h>

#include "protocol/node/log.h"
#include "protocol/wire/codec.h"

void bus_publish(struct broker *broker) {
    struct parcel *parcel = &broker->parcel;
    struct fault fault;
    arena_reset(broker->arena);
    const struct bus_event *event = body_decode(bus_event_record(), zmq_msg_data(&parcel->body),
                                                zmq_msg_size(&parcel->body), broker->arena, &fault);
    if (!event) {
        broker->malformed++;
        log_warn(NULL, "event_refused", "field=%s why=%s", log_value(fault.field), log_value(fault.why));
        return;
    }
    zmq_send(broker->bus, event->topic, strlen(event->topic), ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_msg_send(&parcel->body, broker->bus, ZMQ_DONTWAIT);
}
