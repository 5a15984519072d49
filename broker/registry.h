#ifndef ZOE_BROKER_REGISTRY_H
#define ZOE_BROKER_REGISTRY_H

#include "broker/broker.h"

/* The live workers: who they are and what they still take. */

/* The worker that sent broker->parcel; NULL when it is none of the registry. */
struct worker *registry_find(struct broker *broker);
/* The same, and it lives; a connection that is no registered worker is told BYE, so that it says READY. */
struct worker *registry_hear(struct broker *broker);
void registry_heard(struct broker *broker, struct worker *worker);
/* Tells the sender of broker->parcel that it is no worker here, and why. */
void registry_dismiss(struct broker *broker, enum status status);

/* A new worker behind the connection that sent broker->parcel; NULL when there are too many, or no memory. */
struct worker *registry_add(struct broker *broker, struct service *service);
/* A send to the worker failed with `error`. It stays in the registry until pulse_reap(). */
void registry_unreachable(struct broker *broker, struct worker *worker, int error);

/* The worker with most credit for this queue, the least recently chosen of equals; NULL when none has credit. */
struct worker *registry_choose(struct queue *queue);
/* Whether there is anybody who will take asks of this queue sooner or later. */
size_t registry_serving(const struct queue *queue);

void registry_hold(struct worker *worker, struct flight *flight);
/* Takes the flight from its worker and gives the credit back. */
void registry_release(struct flight *flight);
/* A worker that said BYE goes when it holds nothing more. `worker` may be freed. */
void registry_retire(struct broker *broker, struct worker *worker);

/* Out of the registry; the caller frees or buries it. */
void registry_leave(struct broker *broker, struct worker *worker);

void registry_close(struct broker *broker);

#endif
