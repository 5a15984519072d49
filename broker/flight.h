#ifndef ZOE_BROKER_FLIGHT_H
#define ZOE_BROKER_FLIGHT_H

#include "broker/broker.h"

/* Every ask the broker has taken, by key, and those without an answer by deadline too. */

int flights_open(struct flights *flights);
void flights_close(struct flights *flights);

/* A flight for the ask in broker->parcel, whose frames are moved from, in the table and in the heap; in no list yet.
 * NULL when memory is out. */
struct flight *flight_new(struct broker *broker, void *socket, struct tally *tally);
/* Out of table, heap and kept bytes, back to the pool. It must be in no list. */
void flight_free(struct broker *broker, struct flight *flight);

/* The flight with this key that still waits for its answer. */
struct flight *flight_open(struct flights *flights, const struct ask_key *key);
/* The flight with this key at the worker with this routing id, answered or not. */
struct flight *flight_held(struct flights *flights, const struct ask_key *key, const zmq_msg_t *id);

/* Its asker waits no longer: bodies are let go, the deadline too. It stays in its worker's list. */
void flight_abandon(struct broker *broker, struct flight *flight);

/* The flight with the nearest deadline, NULL when none waits. */
struct flight *flight_nearest(struct flights *flights);

void flight_push(struct flight_list *list, struct flight *flight);
void flight_push_front(struct flight_list *list, struct flight *flight);
void flight_unlink(struct flight_list *list, struct flight *flight);

#endif
