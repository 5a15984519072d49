#include "http_edge/flight.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/node/clock.h"
#include "protocol/node/log.h"
#include "protocol/wire/codec.h"

enum {
    FLIGHTS_MAX = 8192,
    TRIES_MAX = 3,
    GRACE_MS = 1000, /* the broker answers DEADLINE itself; this is for brokers that died */
    NONE = -1
};

struct flight {
    struct header header;
    const struct message *message;
    struct flight_call call;
    struct buffer body;
    int broker; /* NONE: waits for one */
    unsigned tries;
    int64_t deadline_ms, resend_ms;
    int next, previous; /* in the list of those in use, or of the free ones */
    bool used;
};

struct flights {
    struct link *link;
    struct flight *all;
    int first, free, fresh; /* `fresh` and those behind it were never used */
    uint64_t turn;
    unsigned count;
    bool replayed;
};

struct flights *flights_new(void) {
    struct flights *flights = calloc(1, sizeof *flights);
    if (!flights)
        return NULL;
    /* Untouched pages cost nothing, so the table may be as large as its bound. */
    flights->all = calloc(FLIGHTS_MAX, sizeof *flights->all);
    if (!flights->all) {
        free(flights);
        return NULL;
    }
    flights->first = flights->free = NONE;
    return flights;
}

void flights_free(struct flights *flights) {
    if (!flights)
        return;
    for (int i = 0; i < FLIGHTS_MAX; i++)
        buffer_free(&flights->all[i].body);
    free(flights->all);
    free(flights);
}

void flights_use(struct flights *flights, struct link *link) {
    flights->link = link;
}

unsigned flights_count(const struct flights *flights) {
    return flights->count;
}

static struct flight *take_slot(struct flights *flights) {
    int i = flights->free != NONE ? flights->free : flights->fresh;
    if (i >= FLIGHTS_MAX)
        return NULL;
    struct flight *flight = &flights->all[i];
    if (i == flights->fresh)
        flights->fresh++;
    else
        flights->free = flight->next;
    flight->used = true;
    flight->previous = NONE;
    flight->next = flights->first;
    if (flights->first != NONE)
        flights->all[flights->first].previous = i;
    flights->first = i;
    flights->count++;
    return flight;
}

static void give_slot(struct flights *flights, struct flight *flight) {
    int i = (int)(flight - flights->all);
    if (flight->previous != NONE)
        flights->all[flight->previous].next = flight->next;
    else
        flights->first = flight->next;
    if (flight->next != NONE)
        flights->all[flight->next].previous = flight->previous;
    flight->used = false;
    flight->body.n = 0;
    flight->next = flights->free;
    flights->free = i;
    flights->count--;
}

static void send_again(struct flights *flights, struct flight *flight, int64_t now) {
    int64_t left = flight->deadline_ms - GRACE_MS - now;
    flight->header.remaining_ms = left > 1 ? (uint32_t)left : 1;
    flight->broker = link_ask(flights->link, &flight->header, flight->body.at, flight->body.n);
    flight->tries++;
    flight->resend_ms = now + flight->message->deadline_ms / TRIES_MAX;
}

uint64_t flight_ask(struct flights *flights, const struct flight_call *call) {
    struct flight *flight = take_slot(flights);
    if (!flight)
        return 0;
    int64_t now = clock_ms();
    flight->message = call->message;
    flight->call = *call;
    flight->tries = 0;
    flight->deadline_ms = now + call->message->deadline_ms + GRACE_MS;
    flight->header =
        (struct header){.kind = KIND_ASK,
                        .message = (uint16_t)call->message->number,
                        .key = {link_edge(flights->link), ++flights->turn << 13 | (uint64_t)(flight - flights->all)},
                        .user = call->user,
                        .roles = call->roles};
    if (call->trace)
        memcpy(flight->header.trace, call->trace, sizeof flight->header.trace);
    if (call->once) {
        memcpy(flight->header.once, call->once, sizeof flight->header.once);
        flight->header.once_body = call->once_body;
    }
    flight->body.failed = false;
    if (!body_encode(call->message->ask(), call->ask, &flight->body))
        send_again(flights, flight, now);
    else
        flight->broker = NONE;
    if (flight->broker == NONE) {
        give_slot(flights, flight);
        return 0;
    }
    return flight->header.key.sequence;
}

static struct flight *find(struct flights *flights, uint64_t number) {
    struct flight *flight = &flights->all[number % FLIGHTS_MAX];
    return number && flight->used && flight->header.key.sequence == number ? flight : NULL;
}

static void finish(struct flights *flights, struct flight *flight, enum status status, const void *body, size_t n) {
    struct flight_call call = flight->call;
    give_slot(flights, flight);
    call.done(call.self, call.tag, status, body, n);
}

void flight_cancel(struct flights *flights, uint64_t number) {
    struct flight *flight = find(flights, number);
    if (!flight)
        return;
    if (flight->broker != NONE)
        link_cancel(flights->link, (unsigned)flight->broker, &flight->header);
    give_slot(flights, flight);
}

/* A repeated ask meets its first self in the broker: that one still answers. */
static bool still_flying(const struct flight *flight, const struct header *header, const void *body, size_t n) {
    if (header->status != BUSY || flight->tries < 2)
        return false;
    struct arena *arena = arena_new();
    struct fault fault;
    const struct problem *problem = arena ? body_decode(problem_record(), body, n, arena, &fault) : NULL;
    bool flying = problem && problem->code && !strcmp(problem->code, "in-flight");
    arena_free(arena);
    return flying;
}

void flights_say(struct flights *flights, const struct header *header, const void *body, size_t n) {
    struct flight *flight = header->key.edge == link_edge(flights->link) ? find(flights, header->key.sequence) : NULL;
    if (!flight || header->kind != KIND_SAY || still_flying(flight, header, body, n))
        return;
    flights->replayed = header_once(header) && header->once_body == 1;
    finish(flights, flight, header->status < STATUS_COUNT ? header->status : INTERNAL, body, n);
    flights->replayed = false;
}

bool flights_replayed(const struct flights *flights) {
    return flights->replayed;
}

void flights_lost(struct flights *flights, unsigned broker) {
    for (int i = flights->first, next; i != NONE; i = next) {
        struct flight *flight = &flights->all[i];
        next = flight->next;
        if (flight->broker != (int)broker)
            continue;
        if (flight->message->retry)
            send_again(flights, flight, clock_ms());
        else
            finish(flights, flight, UNKNOWN_OUTCOME, NULL, 0);
    }
}

void flights_found(struct flights *flights) {
    for (int i = flights->first; i != NONE; i = flights->all[i].next)
        if (flights->all[i].broker == NONE)
            send_again(flights, &flights->all[i], clock_ms());
}

void flights_sweep(struct flights *flights) {
    int64_t now = clock_ms();
    for (int i = flights->first, next; i != NONE; i = next) {
        struct flight *flight = &flights->all[i];
        next = flight->next;
        if (now >= flight->deadline_ms)
            finish(flights, flight, flight->message->retry ? DEADLINE : UNKNOWN_OUTCOME, NULL, 0);
        else if (flight->message->retry && flight->tries < TRIES_MAX && now >= flight->resend_ms)
            /* A broker that was restarted unnoticed knows nothing of it; one that does says so. */
            send_again(flights, flight, now);
    }
}
