/* The asking side. Closed loop: a new ask for every answer. Open loop: asks leave at their own times, and a late answer
 * counts from when its ask should have left, so that a stall shows. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <zmq.h>

#include "protocol/node/clock.h"
#include "protocol/node/histogram.h"
#include "protocol/wire/codec.h"
#include "protocol/wire/header.h"
#include "protocol/wire/json.h"
#include "tests/bench/load/load.h"

enum { UNDER_WAY_MAX = 1 << 17, PATIENCE_MS = 10000 };

struct client {
    const struct load_options *options;
    void *socket;
    struct header header;
    zmq_msg_t body;
    int64_t *left_us; /* when ask `sequence` was to leave, by its low bits */
    uint64_t sent, answered, statuses[STATUS_COUNT];
    int64_t started_us, ended_us, max_us;
    struct histogram latency;
};

static int make_body(struct client *client) {
    const struct load_options *options = client->options;
    if (!options->json_body) {
        if (zmq_msg_init_size(&client->body, options->bytes))
            return -1;
        memset(zmq_msg_data(&client->body), 'x', options->bytes);
        return 0;
    }
    struct fault fault = {0};
    struct arena *arena = arena_new();
    struct buffer bytes = {0};
    json_t *json = arena ? json_parse(options->json_body, strlen(options->json_body), &fault) : NULL;
    const struct record *record = options->message->ask();
    void *value = json ? record_from_json(record, json, true, arena, &fault) : NULL;
    int rc = value ? body_encode(record, value, &bytes) : -1;
    if (!rc)
        rc = zmq_msg_init_size(&client->body, bytes.n);
    if (!rc && bytes.n)
        memcpy(zmq_msg_data(&client->body), bytes.at, bytes.n);
    if (rc)
        fprintf(stderr, "zoe-load: body%s %s\n", fault.field, *fault.why ? fault.why : "lacks a required field");
    json_decref(json);
    buffer_free(&bytes);
    arena_free(arena);
    return rc;
}

static void send_ask(struct client *client, int64_t left_us) {
    uint8_t head[HEADER_BYTES];
    zmq_msg_t body;
    client->left_us[client->header.key.sequence++ & (UNDER_WAY_MAX - 1)] = left_us;
    client->header.user = client->options->user + (int64_t)(client->sent % (uint64_t)client->options->users);
    header_write(&client->header, head);
    zmq_msg_init(&body);
    zmq_msg_copy(&body, &client->body);
    zmq_send(client->socket, head, sizeof head, ZMQ_SNDMORE);
    zmq_msg_send(&body, client->socket, 0);
    client->sent++;
}

/* 1 when an answer was read, 0 when none waits. */
static int take_answer(struct client *client) {
    struct header header;
    zmq_msg_t head, body;
    zmq_msg_init(&head);
    if (zmq_msg_recv(&head, client->socket, ZMQ_DONTWAIT) < 0)
        return 0;
    zmq_msg_init(&body);
    zmq_msg_recv(&body, client->socket, 0);
    bool answer = !header_read(&header, zmq_msg_data(&head), zmq_msg_size(&head)) && header.kind == KIND_SAY;
    zmq_msg_close(&head);
    zmq_msg_close(&body);
    if (!answer)
        return 1;
    int64_t us = clock_us() - client->left_us[(header.key.sequence - 1) & (UNDER_WAY_MAX - 1)];
    histogram_add(&client->latency, us);
    client->max_us = us > client->max_us ? us : client->max_us;
    client->statuses[header.status < STATUS_COUNT ? header.status : INTERNAL]++;
    client->answered++;
    return 1;
}

/* An open loop owes all asks of its time, however late it is itself. */
static bool over(const struct client *client, int64_t now_us) {
    const struct load_options *options = client->options;
    if (options->count)
        return client->sent >= options->count;
    if (options->rate > 0)
        return (double)client->sent >= options->rate * options->seconds;
    return now_us - client->started_us >= (int64_t)(options->seconds * 1e6);
}

/* Sends what is due; returns how long to wait for answers until more is, in milliseconds. */
static long send_due(struct client *client) {
    const struct load_options *options = client->options;
    uint64_t under_way = client->sent - client->answered;
    int64_t now = clock_us();
    if (options->rate <= 0) {
        for (; under_way < options->window && !over(client, now); under_way++)
            send_ask(client, clock_us());
        return PATIENCE_MS;
    }
    for (; under_way < UNDER_WAY_MAX && !over(client, now); under_way++) {
        int64_t due = client->started_us + (int64_t)((double)client->sent * 1e6 / options->rate);
        if (due > now)
            return due - now < 1000 ? 0 : (long)((due - now) / 1000);
        send_ask(client, due);
    }
    return PATIENCE_MS;
}

static void run(struct client *client) {
    int64_t heard_us = clock_us();
    client->started_us = heard_us;
    for (;;) {
        long wait_ms = send_due(client);
        if (over(client, clock_us()) && client->answered == client->sent)
            break;
        zmq_pollitem_t item = {.socket = client->socket, .events = ZMQ_POLLIN};
        zmq_poll(&item, 1, wait_ms);
        uint64_t before = client->answered;
        while (take_answer(client))
            ;
        if (client->answered != before)
            heard_us = clock_us();
        else if (clock_us() - heard_us > (int64_t)PATIENCE_MS * 1000)
            break;
    }
    client->ended_us = heard_us > client->started_us ? heard_us : client->started_us + 1;
}

static void report(const struct client *client) {
    static const struct {
        const char *name;
        double q;
    } quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99_9", 0.999}};
    const struct load_options *options = client->options;
    double seconds = (double)(client->ended_us - client->started_us) / 1e6;
    json_t *all = json_object(), *statuses = json_object();
    json_object_set_new(all, "message", json_string(options->message->name));
    if (options->rate > 0)
        json_object_set_new(all, "asked_rate", json_real(options->rate));
    else
        json_object_set_new(all, "window", json_integer(options->window));
    json_object_set_new(all, "sent", json_integer((json_int_t)client->sent));
    json_object_set_new(all, "answered", json_integer((json_int_t)client->answered));
    json_object_set_new(all, "rate", json_real((double)client->answered / seconds));
    for (unsigned i = 0; i < STATUS_COUNT; i++)
        if (client->statuses[i])
            json_object_set_new(statuses, status_row(i)->name, json_integer((json_int_t)client->statuses[i]));
    json_object_set_new(all, "statuses", statuses);
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        char name[16];
        snprintf(name, sizeof name, "%s_us", quantiles[i].name);
        json_object_set_new(all, name, json_integer(histogram_quantile(&client->latency, quantiles[i].q)));
    }
    json_object_set_new(all, "max_us", json_integer(client->max_us));
    if (options->json) {
        json_dumpf(all, stdout, JSON_COMPACT | JSON_REAL_PRECISION(7));
        putchar('\n');
    } else {
        const char *name;
        json_t *value;
        json_object_foreach(all, name, value) {
            char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(7));
            printf("%-12s %s\n", name, text);
            free(text);
        }
    }
    json_decref(all);
}

int client_run(const struct load_options *options) {
    int status = EX_SOFTWARE;
    struct client client = {.options = options};
    client.header = (struct header){.kind = KIND_ASK,
                                    .message = (uint16_t)options->message->number,
                                    .key = {random_u64() >> 1 | 1, 0},
                                    .user = options->user,
                                    .roles = options->user ? ROLE_USER | (options->admin ? ROLE_ADMIN : 0) : 0};
    void *context = zmq_ctx_new();
    client.left_us = calloc(UNDER_WAY_MAX, sizeof *client.left_us);
    if (!context || !client.left_us)
        goto done;
    if (make_body(&client)) {
        status = EX_USAGE;
        goto done;
    }
    client.header.body_bytes = (uint32_t)zmq_msg_size(&client.body);
    client.socket = load_connect(context, options, "ask");
    if (!client.socket)
        goto close_body;
    run(&client);
    report(&client);
    status = client.answered == client.sent ? EXIT_SUCCESS : EX_UNAVAILABLE;
    zmq_close(client.socket);
close_body:
    zmq_msg_close(&client.body);
done:
    free(client.left_us);
    zmq_ctx_term(context);
    return status;
}
