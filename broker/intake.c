#include "broker/intake.h"

#include "broker/admin.h"
#include "broker/bus.h"
#include "broker/dispatch.h"
#include "broker/flight.h"
#include "broker/presence.h"
#include "broker/pulse.h"
#include "broker/registry.h"
#include "protocol/node/clock.h"
#include "protocol/node/log.h"

enum {
    BURST = 256,         /* messages read from one socket before the other gets its turn */
    ROUNDS = 16,         /* of both before timers and admin get theirs */
    LAST_WORDS_MS = 100, /* how long a busy socket may keep the dead from being buried */
};

static void malformed(struct broker *broker, void *socket) {
    broker->malformed++;
    if (socket == broker->work)
        parcel_signal(socket, zmq_msg_data(&broker->parcel.id), zmq_msg_size(&broker->parcel.id), KIND_BYE);
    /* A broken peer must not fill the log: every power of two. */
    if ((broker->malformed & (broker->malformed - 1)) == 0)
        log_warn(NULL, "malformed", "count=%lld side=%s", (long long)broker->malformed,
                 socket == broker->work  ? "work"
                 : socket == broker->ask ? "ask"
                                         : "admin");
}

static void from_asker(struct broker *broker) {
    switch (broker->parcel.header.kind) {
    case KIND_ASK:
        dispatch_ask(broker, broker->ask);
        break;
    case KIND_CANCEL:
        dispatch_cancel(broker, broker->ask);
        break;
    case KIND_BEAT:
        parcel_signal(broker->ask, zmq_msg_data(&broker->parcel.id), zmq_msg_size(&broker->parcel.id), KIND_BEAT);
        break;
    case KIND_EVENT:
        bus_publish(broker);
        break;
    default:
        malformed(broker, broker->ask);
    }
}

static void from_worker(struct broker *broker) {
    switch (broker->parcel.header.kind) {
    case KIND_SAY:
    case KIND_PART:
        dispatch_say(broker);
        break;
    case KIND_BEAT:
        presence_beat(broker);
        break;
    case KIND_READY:
        presence_ready(broker);
        break;
    case KIND_BYE:
        presence_bye(broker);
        break;
    case KIND_CREDIT:
        presence_credit(broker);
        break;
    case KIND_ASK:
        registry_hear(broker);
        dispatch_ask(broker, broker->work);
        break;
    case KIND_CANCEL:
        registry_hear(broker);
        dispatch_cancel(broker, broker->work);
        break;
    case KIND_EVENT:
        registry_hear(broker);
        bus_publish(broker);
        break;
    default:
        malformed(broker, broker->work);
    }
}

static void from_admin(struct broker *broker) {
    const struct tally *tally = broker_tally(broker, broker->parcel.header.message);
    if (broker->parcel.header.kind != KIND_ASK)
        malformed(broker, broker->admin);
    else if (tally && tally->row->service == SERVICE_broker)
        dispatch_ask(broker, broker->admin);
    else
        admin_ask(broker, broker->admin);
}

/* How many messages were read. */
static int drain(struct broker *broker, void *socket, void (*take)(struct broker *broker)) {
    int read = 0;
    for (; read < BURST; read++) {
        enum parcel_got got = parcel_take(&broker->parcel, socket);
        if (got == PARCEL_NONE)
            break;
        broker->now_us = clock_us();
        if (got == PARCEL_BAD)
            malformed(broker, socket);
        else
            take(broker);
    }
    return read;
}

static int due(zloop_t *loop, int timer, void *arg) {
    (void)loop, (void)timer;
    struct broker *broker = arg;
    broker->armed_us = 0;
    return intake_turn(broker);
}

/* One timer for all deadlines: it runs for the nearest. */
static void arm(struct broker *broker) {
    const struct flight *nearest = flight_nearest(&broker->flights);
    if (!nearest || (broker->armed_us && broker->armed_us <= nearest->deadline_us))
        return;
    if (broker->armed_us)
        zloop_timer_end(broker->loop, broker->timer);
    int64_t wait_us = nearest->deadline_us - broker->now_us;
    broker->timer = zloop_timer(broker->loop, wait_us > 0 ? (size_t)(wait_us + 999) / 1000 : 1, 1, due, broker);
    broker->armed_us = broker->timer < 0 ? 0 : nearest->deadline_us;
}

int intake_turn(struct broker *broker) {
    int asked = 0, said = 0;
    broker->now_us = clock_us();
    for (int round = 0; round < ROUNDS; round++) {
        said = drain(broker, broker->work, from_worker);
        asked = drain(broker, broker->ask, from_asker);
        if (!said && !asked)
            break;
    }
    if (broker->doomed && (!said || broker->now_us - broker->doomed_us > LAST_WORDS_MS * 1000))
        pulse_reap(broker);
    dispatch_expire(broker);
    arm(broker);
    return broker->stopping && !flight_nearest(&broker->flights) ? -1 : 0;
}

void intake_admin(struct broker *broker) {
    drain(broker, broker->admin, from_admin);
}
