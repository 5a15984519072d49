#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "broker/dispatch.h"
#include "broker/flight.h"
#include "broker/gate.h"
#include "broker/intake.h"
#include "broker/pulse.h"
#include "broker/queue.h"
#include "broker/registry.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"
#include "protocol/node/curve.h"
#include "protocol/node/life.h"
#include "protocol/node/link.h"
#include "protocol/node/log.h"

enum { HIGH_WATER = 100000, LINGER_MS = 500, PROBES = 3, PROBE_MS = 15 };

struct sockets {
    zsock_t *gate, *ask, *work, *admin, *bus, *monitor;
};

/* The folder is the gate: whoever can open it may ask, serve and administer. A second broker on the same folder would
 * take the sockets of the first without a word, so it must hold the lock. */
static int lock_folder(void) {
    char path[4200];
    if (config_path(path, sizeof path, "run"))
        return -1;
    if ((mkdir(config()->data, 0750) && errno != EEXIST) || (mkdir(path, 0700) && errno != EEXIST) ||
        chmod(path, 0700)) {
        log_error(NULL, "folder_unusable", "path=%s why=%s", log_value(path), log_value(strerror(errno)));
        return -1;
    }
    config_path(path, sizeof path, "run/broker.lock");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB)) {
        log_error(NULL, "folder_locked", "path=%s why=\"another broker runs there\"", log_value(path));
        return -1;
    }
    return fd;
}

/* For other hosts, besides: what is set now concerns only what is bound from now on. */
static int bind_tcp(zsock_t *sock, const char *name) {
    char endpoint[300];
    const char *prefix = config()->broker_listen;
    if (broker_tcp_endpoint(prefix, strlen(prefix), name, endpoint, sizeof endpoint)) {
        log_error(NULL, "socket_unusable", "endpoint=%s why=\"ZOE_BROKER_LISTEN is tcp://ADDRESS:PORT\"",
                  log_value(prefix));
        return -1;
    }
    if (curve_listen(sock))
        return -1;
    if (!zmq_bind(zsock_resolve(sock), endpoint))
        return 0;
    log_error(NULL, "socket_unusable", "endpoint=%s why=%s", log_value(endpoint), log_value(zmq_strerror(errno)));
    return -1;
}

static zsock_t *bind_socket(int type, const char *name) {
    char path[4200], endpoint[4300];
    zsock_t *sock = zsock_new(type);
    if (!sock)
        return NULL;
    if (type == ZMQ_ROUTER)
        zsock_set_router_mandatory(sock, 1);
    zsock_set_sndhwm(sock, HIGH_WATER);
    zsock_set_rcvhwm(sock, HIGH_WATER);
    zsock_set_maxmsgsize(sock, BODY_MAX_BYTES + 4096);
    zsock_set_linger(sock, LINGER_MS);
    if (config_path(path, sizeof path, name))
        path[0] = 0;
    snprintf(endpoint, sizeof endpoint, "ipc://%s", path);
    if (zmq_bind(zsock_resolve(sock), endpoint)) {
        log_error(NULL, "socket_unusable", "endpoint=%s why=%s", log_value(endpoint), log_value(zmq_strerror(errno)));
        zsock_destroy(&sock);
    }
    /* Administration is for this host alone. */
    const char *leaf = strchr(name, '.') + 1;
    if (sock && *config()->broker_listen && strcmp(leaf, "admin") != 0 && bind_tcp(sock, leaf))
        zsock_destroy(&sock);
    return sock;
}

/* Tells when some worker's connection has gone. */
static zsock_t *watch(zsock_t *work) {
    static const char place[] = "inproc://broker.work.monitor";
    if (zmq_socket_monitor(zsock_resolve(work), place, ZMQ_EVENT_DISCONNECTED))
        return NULL;
    zsock_t *monitor = zsock_new(ZMQ_PAIR);
    if (!monitor)
        return NULL;
    /* libzmq's own thread waits when this pipe is full. */
    zsock_set_rcvhwm(monitor, HIGH_WATER);
    zsock_set_linger(monitor, 0);
    if (zmq_connect(zsock_resolve(monitor), place))
        zsock_destroy(&monitor);
    return monitor;
}

static int open_sockets(struct sockets *sockets, struct broker *broker) {
    sockets->gate = *config()->broker_listen ? gate_open(broker->loop) : NULL;
    if (*config()->broker_listen && !sockets->gate)
        return -1;
    sockets->work = bind_socket(ZMQ_ROUTER, "run/broker.work");
    sockets->admin = sockets->work ? bind_socket(ZMQ_ROUTER, "run/broker.admin") : NULL;
    sockets->bus = sockets->admin ? bind_socket(ZMQ_PUB, "run/broker.bus") : NULL;
    sockets->ask = sockets->bus ? bind_socket(ZMQ_ROUTER, "run/broker.ask") : NULL;
    sockets->monitor = sockets->ask ? watch(sockets->work) : NULL;
    if (!sockets->monitor)
        return -1;
    broker->ask = zsock_resolve(sockets->ask);
    broker->work = zsock_resolve(sockets->work);
    broker->admin = zsock_resolve(sockets->admin);
    broker->bus = zsock_resolve(sockets->bus);
    return 0;
}

static void close_sockets(struct sockets *sockets) {
    if (sockets->work)
        zmq_socket_monitor(zsock_resolve(sockets->work), NULL, 0);
    zsock_destroy(&sockets->monitor);
    zsock_destroy(&sockets->ask);
    zsock_destroy(&sockets->work);
    zsock_destroy(&sockets->admin);
    zsock_destroy(&sockets->bus);
    zsock_destroy(&sockets->gate);
}

static int open_tallies(struct broker *broker) {
    size_t count;
    const struct message *rows = message_all(&count);
    broker->tally_count = rows[count - 1].number + 1;
    broker->tallies = calloc(broker->tally_count, sizeof *broker->tallies);
    for (size_t i = 0; broker->tallies && i < count; i++) {
        struct tally *tally = calloc(1, sizeof *tally);
        if (!tally)
            return -1;
        tally->row = &rows[i];
        broker->tallies[rows[i].number] = tally;
    }
    return broker->tallies ? 0 : -1;
}

static void close_tallies(struct broker *broker) {
    for (unsigned i = 0; broker->tallies && i < broker->tally_count; i++)
        free(broker->tallies[i]);
    free(broker->tallies);
}

/* What the loop calls. */

static int messages(zloop_t *loop, zsock_t *sock, void *arg) {
    (void)loop, (void)sock;
    return intake_turn(arg);
}

static int administration(zloop_t *loop, zsock_t *sock, void *arg) {
    (void)loop, (void)sock;
    intake_admin(arg);
    return 0;
}

static int tick(zloop_t *loop, int timer, void *arg) {
    (void)loop, (void)timer;
    struct broker *broker = arg;
    int over = intake_turn(broker);
    pulse_tick(broker);
    return over;
}

static int probe(zloop_t *loop, int timer, void *arg) {
    (void)timer;
    struct broker *broker = arg;
    pulse_probe(broker);
    if (--broker->probes > 0)
        zloop_timer(loop, PROBE_MS, 1, probe, broker);
    return intake_turn(broker);
}

/* The event comes a moment before the ROUTER itself knows, so it is asked more than once. */
static int disconnected(zloop_t *loop, zsock_t *sock, void *arg) {
    struct broker *broker = arg;
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    while (zmq_msg_recv(&frame, zsock_resolve(sock), ZMQ_DONTWAIT) >= 0)
        ;
    zmq_msg_close(&frame);
    bool running = broker->probes > 0;
    broker->probes = PROBES;
    return running ? 0 : probe(loop, 0, broker);
}

static int give_up(zloop_t *loop, int timer, void *arg) {
    (void)loop, (void)timer;
    struct broker *broker = arg;
    log_warn(NULL, "drain_ended", "unanswered=%zu", broker->flights.heap_count);
    dispatch_give_up(broker);
    return -1;
}

static int look_whether_idle(zloop_t *loop, int timer, void *arg) {
    (void)loop, (void)timer;
    return intake_turn(arg);
}

static void stop(void *self) {
    struct broker *broker = self;
    broker->stopping = true;
    zloop_timer(broker->loop, (size_t)config()->drain_seconds * 1000 + 1, 1, give_up, broker);
    zloop_timer(broker->loop, 1, 1, look_whether_idle, broker);
}

static int run(struct broker *broker, struct sockets *sockets) {
    zloop_t *loop = broker->loop;
    broker->started_us = broker->now_us = broker->ticked_us = clock_us();
    zloop_reader(loop, sockets->work, messages, broker);
    zloop_reader(loop, sockets->ask, messages, broker);
    zloop_reader(loop, sockets->admin, administration, broker);
    zloop_reader(loop, sockets->monitor, disconnected, broker);
    zloop_reader_set_tolerant(loop, sockets->work);
    zloop_reader_set_tolerant(loop, sockets->ask);
    zloop_reader_set_tolerant(loop, sockets->admin);
    zloop_reader_set_tolerant(loop, sockets->monitor);
    zloop_timer(loop, (size_t)config()->beat_ms, 0, tick, broker);
    zloop_set_nonstop(loop, true);
    log_info(NULL, "ready", NULL);
    life_notify("READY=1");
    zloop_start(loop);
    log_info(NULL, "stopped", NULL);
    return broker->stopping ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(void) {
    int status = EX_OSERR;
    struct sockets sockets = {0};
    static struct broker broker;
    life_begin("broker");
    if (*config()->broker_listen && !curve_ready())
        return EX_CONFIG;
    int lock = lock_folder();
    if (lock < 0)
        return EX_TEMPFAIL;
    parcel_open(&broker.parcel);
    queues_open(&broker);
    broker.loop = zloop_new();
    broker.arena = arena_new();
    struct life *life = broker.loop ? life_open(broker.loop, stop, &broker) : NULL;
    if (!life || !broker.arena || flights_open(&broker.flights) || open_tallies(&broker) ||
        open_sockets(&sockets, &broker))
        goto done;
    status = run(&broker, &sockets);
done:
    close_sockets(&sockets);
    registry_close(&broker);
    flights_close(&broker.flights);
    close_tallies(&broker);
    parcel_close(&broker.parcel);
    arena_free(broker.arena);
    life_free(life);
    zloop_destroy(&broker.loop);
    zsys_shutdown();
    close(lock);
    return status;
}
