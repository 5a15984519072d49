#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <zmq.h>

#include "protocol/node/config.h"
#include "protocol/node/link.h"
#include "protocol/node/log.h"
#include "tests/bench/load/load.h"

static const char usage_text[] =
    "usage: zoe-load MESSAGE [JSON] [--window N | --rate R] [--count N | --seconds T] [--bytes N]\n"
    "                [--user N] [--users N] [--admin] [--proxied] [--json]     ask and measure\n"
    "       zoe-load --serve SERVICE [--credit N] [--proxied]      play a worker that echoes\n"
    "       zoe-load --proxy                                       a bare ROUTER-ROUTER proxy\n"
    "       zoe-load bench-broker [--json]                         the broker against that proxy\n"
    "       zoe-load viewers MASTER [--window N] [--seconds T]     viewers of a film over HTTP\n";

static int usage(const char *why) {
    if (why)
        fprintf(stderr, "zoe-load: %s\n", why);
    fputs(usage_text, stderr);
    return EX_USAGE;
}

int load_endpoint(const struct load_options *options, const char *name, char *to, size_t size) {
    if (!options->proxied)
        return broker_endpoint(0, name, to, size);
    int n = snprintf(to, size, "ipc://%s/run/proxy.%s", config()->data, name);
    return n > 0 && (size_t)n < size ? 0 : -1;
}

void *load_connect(void *context, const struct load_options *options, const char *name) {
    char endpoint[512];
    int high = 1000000, linger = 100;
    void *socket = zmq_socket(context, ZMQ_DEALER);
    if (!socket || load_endpoint(options, name, endpoint, sizeof endpoint))
        return NULL;
    zmq_setsockopt(socket, ZMQ_SNDHWM, &high, sizeof high);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &high, sizeof high);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    if (zmq_connect(socket, endpoint)) {
        fprintf(stderr, "zoe-load: %s: %s\n", endpoint, zmq_strerror(errno));
        zmq_close(socket);
        return NULL;
    }
    return socket;
}

static const struct message *message_named(const char *name) {
    size_t count;
    const struct message *rows = message_all(&count);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(rows[i].name, name))
            return &rows[i];
    return NULL;
}

static int number(const char *text, double min, double max, double *to) {
    char *end;
    *to = strtod(text, &end);
    return end != text && !*end && *to >= min && *to <= max ? 0 : -1;
}

static int read_option(struct load_options *options, int option, bool *proxy) {
    double value = 0;
    static const double limits[256][2] = {
        ['w'] = {1, 65536},   ['r'] = {1, 1e7},  ['n'] = {1, 1e12}, ['t'] = {0.01, 86400},
        ['b'] = {0, 1 << 20}, ['u'] = {0, 1e15}, ['m'] = {1, 1e9},  ['c'] = {1, 4096},
    };
    if (strchr("wrntbumc", option) && number(optarg, limits[option][0], limits[option][1], &value))
        return -1;
    switch (option) {
    case 'w':
        options->window = (unsigned)value;
        return 0;
    case 'r':
        options->rate = value;
        return 0;
    case 'n':
        options->count = (uint64_t)value;
        return 0;
    case 't':
        options->seconds = value;
        return 0;
    case 'b':
        options->bytes = (size_t)value;
        return 0;
    case 'u':
        options->user = (int64_t)value;
        return 0;
    case 'm':
        options->users = (int64_t)value;
        return 0;
    case 'c':
        options->credit = (unsigned)value;
        return 0;
    case 'a':
        return options->admin = true, 0;
    case 'j':
        return options->json = true, 0;
    case 'p':
        return options->proxied = true, 0;
    case 's':
        options->serve = optarg;
        return 0;
    case 'x':
        return *proxy = true, 0;
    default:
        return -1;
    }
}

int main(int argc, char **argv) {
    static const struct option names[] = {
        {"window", 1, NULL, 'w'},  {"rate", 1, NULL, 'r'},  {"count", 1, NULL, 'n'},  {"seconds", 1, NULL, 't'},
        {"bytes", 1, NULL, 'b'},   {"user", 1, NULL, 'u'},  {"users", 1, NULL, 'm'},  {"admin", 0, NULL, 'a'},
        {"json", 0, NULL, 'j'},    {"serve", 1, NULL, 's'}, {"credit", 1, NULL, 'c'}, {"proxy", 0, NULL, 'x'},
        {"proxied", 0, NULL, 'p'}, {NULL, 0, NULL, 0},
    };
    struct load_options options = {.window = 64, .users = 1, .seconds = 5, .credit = 1024, .bytes = 300};
    bool proxy = false;
    config_load();
    log_open("load");
    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;)
        if (option == '?' || read_option(&options, option, &proxy))
            return usage(option == '?' ? NULL : "a number is missing or out of bounds");
    const char *what = optind < argc ? argv[optind] : NULL;
    if (proxy)
        return proxy_run();
    if (options.serve)
        return service_number(options.serve) > SERVICE_broker ? serve_run(&options) : usage("no such service");
    if (!what)
        return usage(NULL);
    if (!strcmp(what, "bench-broker"))
        return bench_run(options.json);
    if (!strcmp(what, "viewers"))
        return viewers_run(&options, optind + 1 < argc ? argv[optind + 1] : NULL);
    options.message = message_named(what);
    options.json_body = optind + 1 < argc ? argv[optind + 1] : NULL;
    return options.message ? client_run(&options) : usage("no such message (zoectl messages lists them)");
}
