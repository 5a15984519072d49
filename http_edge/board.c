#include "http_edge/board.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http_edge/natives.h"
#include "http_edge/reply.h"
#include "http_edge/shard.h"
#include "protocol/node/clock.h"

/* While something is missing the broker is asked more often: readiness is waited for. */
enum { FRESH_MS = 1000, WAITED_FOR_MS = 2, MAIL_LATE_SECONDS = 300 };

struct board {
    struct MHD_Response *live;
    bool serves[SERVICE_COUNT]; /* has a live worker that takes asks */
    int64_t asked_ms, fresh_ms;
    bool was_ready, mail_known;
    int64_t mail_asked_ms;
    struct mail_state mail; /* its text is `failing` below */
    char failing[16];
    time_t date; /* that `live` carries */
    char date_text[64];
};

static const char live_text[] = "ok\n";

struct board *board_new(struct shard *shard) {
    (void)shard;
    struct board *board = calloc(1, sizeof *board);
    if (!board)
        return NULL;
    board->asked_ms = board->mail_asked_ms = -FRESH_MS;
    board->live = MHD_create_response_from_buffer(sizeof live_text - 1, (void *)live_text, MHD_RESPMEM_PERSISTENT);
    if (!board->live) {
        free(board);
        return NULL;
    }
    MHD_add_response_header(board->live, "Content-Type", "text/plain; charset=utf-8");
    MHD_add_response_header(board->live, "Cache-Control", "no-store");
    reply_common(NULL, board->live);
    return board;
}

void board_free(struct board *board) {
    if (!board)
        return;
    MHD_destroy_response(board->live);
    free(board);
}

/* The library would make this text anew for every answer. */
static void set_date(struct board *board, time_t now) {
    char text[64];
    struct tm tm;
    if (!gmtime_r(&now, &tm) || !strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm))
        return;
    if (board->date)
        MHD_del_response_header(board->live, "Date", board->date_text);
    MHD_add_response_header(board->live, "Date", text);
    strcpy(board->date_text, text);
    board->date = now;
}

void status_live(struct request *request) {
    struct board *board = request->shard->board;
    time_t now = time(NULL);
    if (now != board->date)
        set_date(board, now);
    reply_shared(request, 200, board->live, sizeof live_text - 1);
}

/* A slow mail server makes nobody unready: letters wait. But it is told. */
static bool mail_late(const struct board *board) {
    return board->mail_known && board->mail.queued &&
           (*board->failing || board->mail.oldest_seconds > MAIL_LATE_SECONDS);
}

static void answer_ready(struct request *request) {
    struct board *board = request->shard->board;
    struct buffer json = {0};
    bool all = !request->shard->draining;
    for (unsigned i = SERVICE_broker + 1; i < SERVICE_COUNT; i++)
        all = all && board->serves[i];
    buffer_print(&json, "{\"ready\":%s,\"draining\":%s,\"services\":{", all ? "true" : "false",
                 request->shard->draining ? "true" : "false");
    for (unsigned i = SERVICE_broker + 1; i < SERVICE_COUNT; i++)
        buffer_print(&json, "%s\"%s\":%s", i > SERVICE_broker + 1 ? "," : "", service_name(i),
                     board->serves[i] ? "true" : "false");
    buffer_text(&json, "},\"degraded\":[");
    buffer_text(&json, mail_late(board) ? "\"mail\"]" : "]");
    if (board->mail_known)
        buffer_print(&json, ",\"mail\":{\"queued\":%" PRId64 ",\"oldest_seconds\":%" PRId64 ",\"dead\":%" PRId64,
                     board->mail.queued, board->mail.oldest_seconds, board->mail.dead);
    if (board->mail_known)
        buffer_print(&json, *board->failing ? ",\"failing\":\"%s\"}" : ",\"failing\":null}", board->failing);
    buffer_text(&json, "}");
    board->was_ready = all;
    reply_json(request, all ? 200 : 503, &json);
    if (!all)
        reply_header(request, "Retry-After", "1");
}

static void learn(struct request *request) {
    struct board *board = request->shard->board;
    memset(board->serves, 0, sizeof board->serves);
    board->asked_ms = clock_ms();
    board->fresh_ms = WAITED_FOR_MS;
    if (request->answers[0].status != OK)
        return;
    const struct broker_state *state = request->answers[0].value;
    for (size_t i = 0; i < state->queues.n; i++) {
        const struct queue_row *row = &LIST_AT(state->queues, struct queue_row, i);
        int service = service_number(row->service);
        if (service > 0 && row->workers > 0 && !row->draining)
            board->serves[service] = true;
    }
    bool all = true;
    for (unsigned i = SERVICE_broker + 1; i < SERVICE_COUNT; i++)
        all = all && board->serves[i];
    if (all)
        board->fresh_ms = FRESH_MS;
}

static void learn_mail(struct request *request) {
    struct board *board = request->shard->board;
    const struct answer *answer = &request->answers[1];
    board->mail_known = answer->status == OK;
    if (!board->mail_known)
        return;
    board->mail = *(const struct mail_state *)answer->value;
    snprintf(board->failing, sizeof board->failing, "%s", board->mail.failing ? board->mail.failing : "");
    board->mail.failing = NULL;
}

/* Asks mail for its state, when that is worth it, before `step`; or calls it. */
static void with_mail(struct request *request, void (*step)(struct request *)) {
    static const struct nothing ask;
    struct board *board = request->shard->board;
    if (!board->serves[SERVICE_mail]) {
        board->mail_known = false;
        step(request);
        return;
    }
    board->mail_asked_ms = clock_ms();
    request_ask(request, 1, MSG_mail_state, &ask, step);
}

static void ready_mail_known(struct request *request) {
    if (request->asked[1])
        learn_mail(request);
    answer_ready(request);
}

/* The first ready answer is waited for: it does not wait for mail. */
static void ready_known(struct request *request) {
    learn(request);
    if (request->shard->board->was_ready && clock_ms() - request->shard->board->mail_asked_ms >= FRESH_MS)
        with_mail(request, ready_mail_known);
    else
        answer_ready(request);
}

static void ask_broker(struct request *request, void (*step)(struct request *)) {
    static const struct nothing ask;
    request_ask(request, 0, MSG_broker_status, &ask, step);
}

void status_ready(struct request *request) {
    if (request->shard->draining || clock_ms() - request->shard->board->asked_ms < request->shard->board->fresh_ms)
        answer_ready(request);
    else
        ask_broker(request, ready_known);
}

/* A service takes asks only with its part of the database. */
static void answer_health(struct request *request) {
    const struct board *board = request->shard->board;
    bool all = !request->shard->draining;
    for (unsigned i = SERVICE_broker + 1; i < SERVICE_COUNT; i++)
        all = all && board->serves[i];
    if (all)
        reply_constant(request);
    else
        reply_refuse(request, UNAVAILABLE, "unhealthy", "A service is away.");
}

static void health_known(struct request *request) {
    learn(request);
    answer_health(request);
}

void status_health(struct request *request) {
    if (request->shard->draining || clock_ms() - request->shard->board->asked_ms < request->shard->board->fresh_ms)
        answer_health(request);
    else
        ask_broker(request, health_known);
}

void status_healthz(struct request *request) {
    struct buffer text = {0};
    buffer_text(&text, "OK");
    reply_body(request, 200, "text/plain; charset=utf-8", "no-store", &text);
}

static void print_queue(const struct queue_row *row, struct buffer *to) {
    char labels[128];
    snprintf(labels, sizeof labels, "{service=\"%s\",lane=\"%s\"}", row->service, row->lane);
    buffer_print(to, "zoe_broker_workers%s %" PRId64 "\n", labels, row->workers);
    buffer_print(to, "zoe_broker_queued%s %" PRId64 "\n", labels, row->queued);
    buffer_print(to, "zoe_broker_queued_bytes%s %" PRId64 "\n", labels, row->queued_bytes);
    buffer_print(to, "zoe_broker_queue_oldest_seconds%s %.3f\n", labels, (double)row->oldest_ms / 1000);
    buffer_print(to, "zoe_broker_in_flight%s %" PRId64 "\n", labels, row->in_flight);
}

static void print_message(const struct message_row *row, struct buffer *to) {
    const struct {
        const char *name;
        int64_t value;
    } counters[] = {{"accepted", row->accepted},     {"refused", row->refused}, {"expired", row->expired},
                    {"cancelled", row->cancelled},   {"retried", row->retried}, {"late", row->late},
                    {"dispatched", row->dispatched}, {"stalls", row->stalls},   {"lost", row->lost}};
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        buffer_print(to, "zoe_broker_asks_total{message=\"%s\",event=\"%s\"} %" PRId64 "\n", row->message,
                     counters[i].name, counters[i].value);
}

static void print_mail(const struct board *board, struct buffer *to) {
    static const char *const classes[] = {"connection", "login", "deferred", "refused"};
    buffer_print(to, "zoe_mail_up %d\n", board->mail_known);
    if (!board->mail_known)
        return;
    buffer_print(to, "# TYPE zoe_mail_letters gauge\nzoe_mail_letters{state=\"queued\"} %" PRId64 "\n",
                 board->mail.queued);
    buffer_print(to, "zoe_mail_letters{state=\"dead\"} %" PRId64 "\n", board->mail.dead);
    buffer_print(to, "zoe_mail_oldest_seconds %" PRId64 "\n", board->mail.oldest_seconds);
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        buffer_print(to, "zoe_mail_failing{class=\"%s\"} %d\n", classes[i], !strcmp(board->failing, classes[i]));
}

static void print_metrics(struct request *request) {
    struct buffer text = {0};
    metrics_print(&text);
    if (request->asked[1])
        learn_mail(request);
    print_mail(request->shard->board, &text);
    if (request->answers[0].status == OK) {
        const struct broker_state *state = request->answers[0].value;
        buffer_print(&text, "# TYPE zoe_broker_uptime_seconds gauge\nzoe_broker_uptime_seconds %.3f\n",
                     (double)state->uptime_ms / 1000);
        buffer_print(&text, "zoe_broker_asks_in_flight %" PRId64 "\n", state->in_flight);
        buffer_print(&text, "zoe_broker_malformed_total %" PRId64 "\nzoe_broker_parked_total %" PRId64 "\n",
                     state->malformed, state->parked);
        for (size_t i = 0; i < state->queues.n; i++)
            print_queue(&LIST_AT(state->queues, struct queue_row, i), &text);
        for (size_t i = 0; i < state->messages.n; i++)
            print_message(&LIST_AT(state->messages, struct message_row, i), &text);
    }
    buffer_print(&text, "zoe_broker_up %d\n", request->answers[0].status == OK);
    reply_body(request, 200, "text/plain; version=0.0.4; charset=utf-8", "no-store", &text);
}

static void metrics_known(struct request *request) {
    learn(request);
    with_mail(request, print_metrics);
}

void status_metrics(struct request *request) {
    ask_broker(request, metrics_known);
}
