#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "db/store/store.h"
#include "http_edge/console.h"
#include "http_edge/cors.h"
#include "http_edge/dialects.h"
#include "http_edge/openapi.h"
#include "http_edge/proxy.h"
#include "http_edge/shard.h"
#include "protocol/node/config.h"
#include "protocol/node/life.h"
#include "protocol/node/log.h"

/* zoe-edge: HTTP on one side, messages on the other. */

enum { BACKLOG = 1024, LISTEN_FDS_START = 3 };

struct edge {
    zloop_t *loop;
    struct shard *shards;
    unsigned count;
    _Atomic int ready;
    zmq_pollitem_t news;
    bool announced, failed;
};

static _Noreturn void refuse(const char *variable, const char *why) {
    fprintf(stderr, "%s: %s\n", variable, why);
    exit(EX_CONFIG);
}

/* "host:port", "[::1]:port", ":port" for every address. */
static struct addrinfo *listen_address(void) {
    char host[256] = "";
    const char *text = config()->listen, *colon = strrchr(text, ':');
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found = NULL;
    if (!colon || !colon[1] || (size_t)(colon - text) >= sizeof host)
        refuse("ZOE_LISTEN", "must be ADDRESS:PORT");
    memcpy(host, text, (size_t)(colon - text));
    size_t n = strlen(host);
    bool bracketed = n > 2 && host[0] == '[' && host[n - 1] == ']';
    if (bracketed)
        host[n - 1] = 0;
    const char *name = bracketed ? host + 1 : *host && strcmp(host, "*") != 0 ? host : NULL;
    if (getaddrinfo(name, colon + 1, &hints, &found))
        refuse("ZOE_LISTEN", "must be ADDRESS:PORT");
    return found;
}

/* A listener of its own for each shard, so that the kernel spreads the clients. */
static int listen_on(const struct addrinfo *address) {
    int one = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) || bind(fd, address->ai_addr, address->ai_addrlen) ||
        listen(fd, BACKLOG)) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

/* The service manager's socket (sd_listen_fds), shared by all shards; -1 when there is none. */
static int inherited_socket(void) {
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    return pid && count && atoi(pid) == getpid() && atoi(count) > 0 ? LISTEN_FDS_START : -1;
}

static void open_listeners(struct edge *edge) {
    int inherited = inherited_socket();
    struct addrinfo *address = inherited < 0 ? listen_address() : NULL;
    for (unsigned i = 0; i < edge->count; i++) {
        int fd = inherited >= 0 ? dup(inherited) : listen_on(address);
        if (fd < 0) {
            fprintf(stderr, "ZOE_LISTEN: cannot listen on %s: %m\n", config()->listen);
            exit(EX_UNAVAILABLE);
        }
        edge->shards[i].listen_fd = fd;
    }
    if (address)
        freeaddrinfo(address);
}

static void stop(void *self) {
    struct edge *edge = self;
    uint64_t one = 1;
    for (unsigned i = 0; i < edge->count; i++)
        if (write(edge->shards[i].stop_fd, &one, sizeof one) < 0)
            log_warn(NULL, "stop_failed", "shard=%u", i);
}

/* A shard found its broker, or ended. */
static int news(zloop_t *loop, zmq_pollitem_t *item, void *arg) {
    (void)loop;
    struct edge *edge = arg;
    uint64_t value;
    if (read(item->fd, &value, sizeof value) != sizeof value)
        return 0;
    if (!edge->announced && atomic_load(&edge->ready) == (int)edge->count) {
        edge->announced = true;
        log_info(NULL, "ready", "listen=%s shards=%u", config()->listen, edge->count);
        life_notify("READY=1");
    }
    unsigned serving = 0;
    for (unsigned i = 0; i < edge->count; i++) {
        serving += atomic_load(&edge->shards[i].serving);
        if (atomic_load(&edge->shards[i].failed) && !edge->failed) {
            edge->failed = true;
            stop(edge);
        }
    }
    return serving ? 0 : -1;
}

static void make_shards(struct edge *edge) {
    long wanted = config()->edge_shards ? (long)config()->edge_shards : sysconf(_SC_NPROCESSORS_ONLN);
    edge->count = wanted < 1 ? 1 : wanted > SHARDS_MAX ? SHARDS_MAX : (unsigned)wanted;
    edge->shards = calloc(edge->count, sizeof *edge->shards);
    if (!edge->shards)
        exit(EX_OSERR);
    for (unsigned i = 0; i < edge->count; i++) {
        struct shard *shard = &edge->shards[i];
        *shard = (struct shard){.number = i,
                                .stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                                .ready = &edge->ready,
                                .news_fd = edge->news.fd,
                                .metrics = calloc(1, sizeof *shard->metrics)};
        if (shard->stop_fd < 0 || !shard->metrics)
            exit(EX_OSERR);
        metrics_register(shard->metrics);
    }
}

static void raise_limits(void) {
    struct rlimit limit;
    if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* --routes: what a set with these settings serves, one route a line: METHOD, path, dialect, who may, and, where several
 * dialects claim a path, what a request must have to be this one's. */
static int list_routes(void) {
    static const char *const whos[] = {[ANYONE] = "anyone", [READER] = "reader", [USER] = "user", [ADMIN] = "admin"};
    for (unsigned i = 0; i < route_count(); i++) {
        const struct route *route = route_at(i);
        const char *when = route->row->when, *accept = route->row->accept;
        printf("%s %s %s %s%s%s\n", method_name(route->row->method), route->path, route->dialect->row->name,
               whos[route->row->who], when || accept ? " " : "",
               when     ? when
               : accept ? accept
                        : "");
    }
    return fflush(stdout) ? EX_IOERR : 0;
}

int main(int argc, char **argv) {
    char why[300];
    life_begin("zoe-edge");
    raise_limits();
    if (route_compile(dialects_all(), config()->dialects, why))
        refuse("ZOE_DIALECTS", why);
    if (argc == 2 && !strcmp(argv[1], "--routes"))
        return list_routes();
    if (argc > 1)
        refuse(argv[1], "zoe-edge takes nothing but --routes");
    if (proxy_open(config()->trusted_proxies, why))
        refuse("ZOE_TRUSTED_PROXIES", why);
    if (cors_open())
        refuse("ZOE_CORS_ORIGINS", "too many origins, or one that is too long");
    if (store_open() || console_open() || openapi_open())
        return EX_CANTCREAT;
    struct edge edge = {.loop = zloop_new()};
    edge.news = (zmq_pollitem_t){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .events = ZMQ_POLLIN};
    make_shards(&edge);
    open_listeners(&edge);
    struct life *life = life_open(edge.loop, stop, &edge);
    if (!life || zloop_poller(edge.loop, &edge.news, news, &edge))
        return EX_OSERR;
    for (unsigned i = 0; i < edge.count; i++)
        if (shard_start(&edge.shards[i]))
            return EX_OSERR;
    zloop_start(edge.loop);
    for (unsigned i = 0; i < edge.count; i++)
        pthread_join(edge.shards[i].thread, NULL);
    log_info(NULL, "stopped", NULL);
    life_free(life);
    zloop_destroy(&edge.loop);
    return edge.failed ? EX_SOFTWARE : 0;
}
