#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <zmq.h>

#include "broker/zoectl/zoectl.h"
#include "protocol/node/clock.h"
#include "protocol/node/link.h"
#include "protocol/wire/codec.h"
#include "protocol/wire/header.h"

enum { CONNECT_MS = 1000, GRACE_MS = 1000 };

unsigned zoectl_brokers(void) {
    char endpoint[512];
    unsigned count = 0;
    while (!broker_endpoint(count, "ask", endpoint, sizeof endpoint))
        count++;
    return count;
}

static int unreachable(const char *endpoint, const char *why) {
    fprintf(stderr, "zoectl: %s: %s\n", endpoint, why);
    return EX_UNAVAILABLE;
}

static int send_ask(void *socket, const struct zoectl_call *call) {
    uint8_t head[HEADER_BYTES];
    struct buffer body = {0};
    struct header header = {.kind = KIND_ASK,
                            .message = (uint16_t)call->message->number,
                            .remaining_ms = call->message->deadline_ms,
                            .key = {random_u64() >> 1 | 1, 1},
                            .user = call->user,
                            .roles = call->roles};
    random_bytes(header.trace, sizeof header.trace);
    int rc = body_encode(call->message->ask(), call->value, &body);
    if (!rc) {
        header.body_bytes = (uint32_t)body.n;
        header_write(&header, head);
        rc = zmq_send(socket, head, sizeof head, ZMQ_SNDMORE) < 0 || zmq_send(socket, body.at, body.n, 0) < 0 ? -1 : 0;
    }
    buffer_free(&body);
    return rc;
}

/* 0 when *call has an answer, 1 when these frames were none, -1 when they are broken. */
static int read_say(void *socket, struct zoectl_call *call) {
    struct header header = {0};
    struct fault fault;
    zmq_msg_t head, body;
    zmq_msg_init(&head);
    zmq_msg_init(&body);
    zmq_msg_recv(&head, socket, 0);
    int rc = -1;
    if (zmq_msg_more(&head) && zmq_msg_recv(&body, socket, 0) >= 0 &&
        !header_read(&header, zmq_msg_data(&head), zmq_msg_size(&head)))
        rc = header.kind == KIND_SAY ? 0 : 1;
    if (!rc) {
        call->status = header.status < STATUS_COUNT ? (enum status)header.status : INTERNAL;
        const struct record *record = call->status == OK ? call->message->reply() : problem_record();
        call->answer = body_decode(record, zmq_msg_data(&body), zmq_msg_size(&body), call->arena, &fault);
        rc = call->answer || call->status != OK ? 0 : -1;
    }
    zmq_msg_close(&head);
    zmq_msg_close(&body);
    return rc;
}

static int await(void *socket, short events, int64_t until_ms) {
    zmq_pollitem_t item = {.socket = socket, .events = events};
    int64_t left = until_ms - clock_ms();
    return zmq_poll(&item, 1, left > 0 ? left : 0) > 0 ? 0 : -1;
}

static int converse(void *socket, const char *endpoint, struct zoectl_call *call) {
    int64_t until_ms = clock_ms() + call->message->deadline_ms + GRACE_MS;
    if (zmq_connect(socket, endpoint))
        return unreachable(endpoint, zmq_strerror(zmq_errno()));
    if (await(socket, ZMQ_POLLOUT, clock_ms() + CONNECT_MS))
        return unreachable(endpoint, "no broker is there");
    if (send_ask(socket, call))
        return unreachable(endpoint, "the ask could not be sent");
    for (;;) {
        if (await(socket, ZMQ_POLLIN, until_ms))
            return unreachable(endpoint, "the broker does not answer");
        int rc = read_say(socket, call);
        if (rc <= 0)
            return rc ? unreachable(endpoint, "the answer cannot be read") : 0;
    }
}

int zoectl_call(struct zoectl_call *call) {
    char endpoint[512];
    int none = 0, on = 1, rc = EX_OSERR;
    if (broker_endpoint(call->broker, call->side, endpoint, sizeof endpoint))
        return unreachable("ZOE_BROKERS", "names no broker");
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_DEALER);
    if (socket) {
        zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
        /* Writable means connected. */
        zmq_setsockopt(socket, ZMQ_IMMEDIATE, &on, sizeof on);
        rc = converse(socket, endpoint, call);
        zmq_close(socket);
    }
    zmq_ctx_term(context);
    return rc;
}

int zoectl_refused(const struct zoectl_call *call) {
    const struct problem *problem = call->answer;
    const struct status_row *row = status_row(call->status);
    fprintf(stderr, "zoectl: %s: %s", row->name, problem && problem->detail ? problem->detail : row->text);
    if (problem && problem->code)
        fprintf(stderr, " (%s)", problem->code);
    if (problem && problem->field)
        fprintf(stderr, " at %s", problem->field);
    fputc('\n', stderr);
    return 1;
}

int zoectl_tell(unsigned message, const void *value, struct zoectl_call *call) {
    call->side = "ask";
    call->message = message_row(message);
    call->value = value;
    call->roles = ROLE_ADMIN;
    int rc = zoectl_call(call);
    return !rc && call->status != OK ? zoectl_refused(call) : rc;
}

const char *zoectl_moment(int64_t ms) {
    static char texts[4][32];
    static unsigned turn;
    char *to = texts[turn++ % 4];
    time_t seconds = ms / 1000;
    struct tm at;
    if (!gmtime_r(&seconds, &at) || !strftime(to, sizeof texts[0], "%Y-%m-%d %H:%M:%SZ", &at))
        *to = 0;
    return to;
}
