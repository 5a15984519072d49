#include "broker/flight.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/node/clock.h"

enum { BUCKETS_FIRST = 4096, SLAB_FLIGHTS = 256 };

static const size_t not_in_heap = SIZE_MAX;

struct slab {
    struct slab *next;
    struct flight flights[SLAB_FLIGHTS];
};

int flights_open(struct flights *flights) {
    *flights = (struct flights){.size = BUCKETS_FIRST, .seed = random_u64()};
    flights->buckets = calloc(flights->size, sizeof *flights->buckets);
    return flights->buckets ? 0 : -1;
}

static void close_frames(struct flight *flight) {
    zmq_msg_close(&flight->client);
    zmq_msg_close(&flight->head);
    zmq_msg_close(&flight->body);
}

void flights_close(struct flights *flights) {
    for (size_t i = 0; flights->buckets && i < flights->size; i++)
        for (struct flight *flight = flights->buckets[i]; flight; flight = flight->chain)
            close_frames(flight);
    while (flights->slabs) {
        struct slab *next = flights->slabs->next;
        free(flights->slabs);
        flights->slabs = next;
    }
    free(flights->buckets);
    free(flights->heap);
    *flights = (struct flights){0};
}

/* The pool. */

static struct flight *pool_take(struct flights *flights) {
    if (!flights->pool) {
        struct slab *slab = malloc(sizeof *slab);
        if (!slab)
            return NULL;
        slab->next = flights->slabs;
        flights->slabs = slab;
        for (int i = 0; i < SLAB_FLIGHTS; i++) {
            slab->flights[i].chain = flights->pool;
            flights->pool = &slab->flights[i];
        }
    }
    struct flight *flight = flights->pool;
    flights->pool = flight->chain;
    return flight;
}

static void pool_give(struct flights *flights, struct flight *flight) {
    flight->chain = flights->pool;
    flights->pool = flight;
}

/* The table: chained, because a key may stand in it twice, once open and once abandoned. */

static struct flight **bucket(const struct flights *flights, const struct ask_key *key) {
    uint64_t mixed = (key->edge ^ flights->seed) * 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ mixed >> 32 ^ key->sequence) * 0xd6e8feb86659fd93u;
    return &flights->buckets[(mixed ^ mixed >> 32) & (flights->size - 1)];
}

/* Without memory the chains grow longer instead. */
static void table_grow(struct flights *flights) {
    struct flight **old = flights->buckets, **wider = calloc(flights->size * 2, sizeof *wider);
    if (!wider)
        return;
    size_t size = flights->size;
    flights->buckets = wider;
    flights->size *= 2;
    for (size_t i = 0; i < size; i++)
        for (struct flight *flight = old[i], *next; flight; flight = next) {
            next = flight->chain;
            struct flight **to = bucket(flights, &flight->header.key);
            flight->chain = *to;
            *to = flight;
        }
    free(old);
}

static void table_add(struct flights *flights, struct flight *flight) {
    if (++flights->count > flights->size)
        table_grow(flights);
    struct flight **to = bucket(flights, &flight->header.key);
    flight->chain = *to;
    *to = flight;
}

static void table_remove(struct flights *flights, struct flight *flight) {
    struct flight **at = bucket(flights, &flight->header.key);
    while (*at != flight)
        at = &(*at)->chain;
    *at = flight->chain;
    flights->count--;
}

static bool same_key(const struct flight *flight, const struct ask_key *key) {
    return flight->header.key.sequence == key->sequence && flight->header.key.edge == key->edge;
}

struct flight *flight_open(struct flights *flights, const struct ask_key *key) {
    struct flight *flight = *bucket(flights, key);
    while (flight && !(same_key(flight, key) && flight->state != FLIGHT_ABANDONED))
        flight = flight->chain;
    return flight;
}

static bool holds(const struct worker *worker, const zmq_msg_t *id) {
    return worker && worker->id_bytes == zmq_msg_size(id) &&
           !memcmp(worker->id, zmq_msg_data((zmq_msg_t *)id), worker->id_bytes);
}

struct flight *flight_held(struct flights *flights, const struct ask_key *key, const zmq_msg_t *id) {
    struct flight *flight = *bucket(flights, key);
    while (flight && !(same_key(flight, key) && holds(flight->worker, id)))
        flight = flight->chain;
    return flight;
}

/* The heap. */

static void heap_put(struct flights *flights, size_t place, struct flight *flight) {
    flights->heap[place] = flight;
    flight->heap_place = place;
}

static void heap_rise(struct flights *flights, size_t place, struct flight *flight) {
    while (place && flights->heap[(place - 1) / 2]->deadline_us > flight->deadline_us) {
        heap_put(flights, place, flights->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    heap_put(flights, place, flight);
}

static void heap_sink(struct flights *flights, size_t place, struct flight *flight) {
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= flights->heap_count)
            break;
        if (child + 1 < flights->heap_count &&
            flights->heap[child + 1]->deadline_us < flights->heap[child]->deadline_us)
            child++;
        if (flights->heap[child]->deadline_us >= flight->deadline_us)
            break;
        heap_put(flights, place, flights->heap[child]);
        place = child;
    }
    heap_put(flights, place, flight);
}

static int heap_add(struct flights *flights, struct flight *flight) {
    if (flights->heap_count == flights->heap_size) {
        size_t size = flights->heap_size ? 2 * flights->heap_size : 1024;
        struct flight **heap = realloc(flights->heap, size * sizeof *heap);
        if (!heap)
            return -1;
        flights->heap = heap;
        flights->heap_size = size;
    }
    heap_rise(flights, flights->heap_count++, flight);
    return 0;
}

static void heap_remove(struct flights *flights, struct flight *flight) {
    size_t place = flight->heap_place;
    if (place == not_in_heap)
        return;
    flight->heap_place = not_in_heap;
    struct flight *last = flights->heap[--flights->heap_count];
    if (last == flight)
        return;
    if (place && flights->heap[(place - 1) / 2]->deadline_us > last->deadline_us)
        heap_rise(flights, place, last);
    else
        heap_sink(flights, place, last);
}

struct flight *flight_nearest(struct flights *flights) {
    return flights->heap_count ? flights->heap[0] : NULL;
}

/* A flight's life. */

static void move_frame(zmq_msg_t *to, zmq_msg_t *from) {
    zmq_msg_init(to);
    zmq_msg_move(to, from);
}

struct flight *flight_new(struct broker *broker, void *socket, struct tally *tally) {
    struct parcel *parcel = &broker->parcel;
    struct flight *flight = pool_take(&broker->flights);
    if (!flight)
        return NULL;
    struct service *service = &broker->services[tally->row->service];
    *flight = (struct flight){.state = FLIGHT_QUEUED,
                              .header = parcel->header,
                              .tally = tally,
                              .queue = &service->queues[tally->row->lane],
                              .socket = socket,
                              .bytes = HEADER_BYTES + parcel->header.body_bytes,
                              .asked_us = broker->now_us,
                              .deadline_us = broker->now_us + (int64_t)parcel->header.remaining_ms * 1000};
    if (heap_add(&broker->flights, flight)) {
        pool_give(&broker->flights, flight);
        return NULL;
    }
    table_add(&broker->flights, flight);
    move_frame(&flight->client, &parcel->id);
    move_frame(&flight->head, &parcel->head);
    move_frame(&flight->body, &parcel->body);
    flight->queue->kept_bytes += flight->bytes;
    return flight;
}

static void let_go(struct broker *broker, struct flight *flight) {
    heap_remove(&broker->flights, flight);
    close_frames(flight);
    flight->queue->kept_bytes -= flight->bytes;
    flight->bytes = 0;
}

void flight_abandon(struct broker *broker, struct flight *flight) {
    let_go(broker, flight);
    zmq_msg_init(&flight->client);
    zmq_msg_init(&flight->head);
    zmq_msg_init(&flight->body);
    flight->state = FLIGHT_ABANDONED;
}

void flight_free(struct broker *broker, struct flight *flight) {
    let_go(broker, flight);
    table_remove(&broker->flights, flight);
    pool_give(&broker->flights, flight);
}

/* Lists. */

void flight_push(struct flight_list *list, struct flight *flight) {
    flight->next = NULL;
    flight->previous = list->last;
    *(list->last ? &list->last->next : &list->first) = flight;
    list->last = flight;
}

void flight_push_front(struct flight_list *list, struct flight *flight) {
    flight->previous = NULL;
    flight->next = list->first;
    *(list->first ? &list->first->previous : &list->last) = flight;
    list->first = flight;
}

void flight_unlink(struct flight_list *list, struct flight *flight) {
    *(flight->previous ? &flight->previous->next : &list->first) = flight->next;
    *(flight->next ? &flight->next->previous : &list->last) = flight->previous;
    flight->next = flight->previous = NULL;
}
