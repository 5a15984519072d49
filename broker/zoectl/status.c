#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "broker/zoectl/zoectl.h"

/* 950us, 12ms, 3.4s, 5m, 2h, 9d: four digits at most. */
static const char *span(int64_t us) {
    static char texts[8][24];
    static unsigned turn;
    char *to = texts[turn++ % 8];
    if (us < 1000)
        snprintf(to, sizeof texts[0], "%dus", (int)us);
    else if (us < 1000000)
        snprintf(to, sizeof texts[0], "%dms", (int)(us / 1000));
    else if (us < 120000000)
        snprintf(to, sizeof texts[0], "%.1fs", (double)us / 1e6);
    else if (us < 7200000000)
        snprintf(to, sizeof texts[0], "%dm", (int)(us / 60000000));
    else if (us < 172800000000)
        snprintf(to, sizeof texts[0], "%dh", (int)(us / 3600000000));
    else
        snprintf(to, sizeof texts[0], "%lldd", (long long)(us / 86400000000));
    return to;
}

static const char *size_of(int64_t bytes) {
    static char to[24];
    if (bytes < 10000)
        snprintf(to, sizeof to, "%lld", (long long)bytes);
    else if (bytes < 10000000)
        snprintf(to, sizeof to, "%lldk", (long long)bytes / 1000);
    else
        snprintf(to, sizeof to, "%lldM", (long long)bytes / 1000000);
    return to;
}

/* Whether the contract has a message in this lane. */
static bool used(const struct queue_row *queue) {
    size_t count;
    const struct message *rows = message_all(&count);
    for (size_t i = 0; i < count; i++)
        if ((int)rows[i].service == service_number(queue->service) &&
            (rows[i].lane == LANE_HEAVY) == !strcmp(queue->lane, "HEAVY"))
            return true;
    return false;
}

static void print_queues(const struct broker_state *state) {
    printf("\n%-10s %-5s %8s %8s %8s %8s %10s\n", "SERVICE", "LANE", "WORKERS", "QUEUED", "BYTES", "OLDEST",
           "IN FLIGHT");
    for (size_t i = 0; i < state->queues.n; i++) {
        const struct queue_row *row = &LIST_AT(state->queues, struct queue_row, i);
        if (!used(row))
            continue;
        printf("%-10s %-5s %8lld %8lld %8s %8s %10lld", row->service, row->lane, (long long)row->workers,
               (long long)row->queued, size_of(row->queued_bytes), row->queued ? span(row->oldest_ms * 1000) : "-",
               (long long)row->in_flight);
        puts(row->draining ? "  draining" : !row->workers && row->queued ? "  NOBODY SERVES IT" : "");
    }
}

static void print_workers(const struct broker_state *state) {
    if (!state->workers.n) {
        puts("\nno workers");
        return;
    }
    printf("\n%-10s %-40s %6s %6s %10s %8s\n", "SERVICE", "WORKER", "FAST", "HEAVY", "IN FLIGHT", "SILENT");
    for (size_t i = 0; i < state->workers.n; i++) {
        const struct worker_row *row = &LIST_AT(state->workers, struct worker_row, i);
        printf("%-10s %-40s %6lld %6lld %10lld %8s%s\n", row->service, row->instance, (long long)row->fast_credit,
               (long long)row->heavy_credit, (long long)row->in_flight, span(row->silent_ms * 1000),
               row->draining ? "  leaving" : "");
    }
}

static void print_messages(const struct broker_state *state) {
    if (!state->messages.n)
        return;
    printf("\n%-20s %9s %7s %7s %7s %7s %6s %6s %6s %13s %13s %13s\n", "MESSAGE", "ACCEPTED", "REFUSED", "EXPIRED",
           "CANCEL", "RETRIED", "LATE", "STALLS", "LOST", "WAIT 50/99", "SERVICE", "TOTAL");
    for (size_t i = 0; i < state->messages.n; i++) {
        const struct message_row *row = &LIST_AT(state->messages, struct message_row, i);
        printf("%-20s %9lld %7lld %7lld %7lld %7lld %6lld %6lld %6lld %6s/%6s %6s/%6s %6s/%6s\n", row->message,
               (long long)row->accepted, (long long)row->refused, (long long)row->expired, (long long)row->cancelled,
               (long long)row->retried, (long long)row->late, (long long)row->stalls, (long long)row->lost,
               span(row->wait_p50_us), span(row->wait_p99_us), span(row->service_p50_us), span(row->service_p99_us),
               span(row->total_p50_us), span(row->total_p99_us));
    }
}

static void print_state(unsigned broker, const struct broker_state *state) {
    printf("broker %u: up %s, %lld in flight, %lld malformed, %lld parked%s\n", broker, span(state->uptime_ms * 1000),
           (long long)state->in_flight, (long long)state->malformed, (long long)state->parked,
           state->draining ? ", DRAINING" : "");
    print_queues(state);
    print_workers(state);
    print_messages(state);
}

static int show(unsigned broker, bool json, struct arena *arena) {
    struct nothing nothing = {0};
    struct zoectl_call call = {.broker = broker,
                               .side = "admin",
                               .message = message_row(MSG_broker_status),
                               .value = &nothing,
                               .arena = arena};
    int rc = zoectl_call(&call);
    if (rc || call.status != OK)
        return rc ? rc : zoectl_refused(&call);
    if (!json) {
        print_state(broker, call.answer);
        return 0;
    }
    struct buffer text = {0};
    record_to_json(broker_state_record(), call.answer, &text);
    printf("%.*s\n", (int)text.n, text.at ? text.at : "");
    buffer_free(&text);
    return 0;
}

int zoectl_status(int argc, char **argv) {
    bool json = argc == 2 && !strcmp(argv[1], "--json");
    if (argc > 1 && !json)
        return zoectl_usage("status takes nothing but --json");
    struct arena *arena = arena_new();
    int worst = arena ? 0 : EX_OSERR;
    for (unsigned i = 0; arena && i < zoectl_brokers(); i++) {
        int rc = show(i, json, arena);
        worst = rc ? rc : worst;
        arena_reset(arena);
    }
    arena_free(arena);
    return worst;
}
