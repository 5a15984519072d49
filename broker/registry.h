#ifndef ZOE_BROKER_REGISTRY_H
#define ZOE_BROKER_REGISTRY_H

#include "broker/broker.h"

/* The live workers: who they are, what they still take, whether they still live. */

/* READY, BYE, CREDIT and BEAT (or any other frame that no flight belongs to) in broker->parcel. A connection that is no
 * registered worker is told BYE, so that it says READY. `answer`: a BEAT is answered with a BEAT. */
void registry_ready(struct broker *broker);
void registry_bye(struct broker *broker);
void registry_credit(struct broker *broker);
void registry_beat(struct broker *broker, bool answer);

void registry_heard(struct broker *broker, struct worker *worker);

/* The worker with most credit for this queue, the least recently chosen of equals; NULL when none has credit. */
struct worker *registry_choose(struct queue *queue);
/* Whether there is anybody who will take asks of this queue sooner or later. */
size_t registry_serving(const struct queue *queue);

void registry_hold(struct worker *worker, struct flight *flight);
/* Takes the flight from its worker and gives the credit back. */
void registry_release(struct flight *flight);
/* A worker that said BYE goes when it holds nothing more. `worker` may be freed. */
void registry_retire(struct broker *broker, struct worker *worker);

/* A send to the worker failed with `error`. It stays in the registry until registry_reap(). */
void registry_unreachable(struct broker *broker, struct worker *worker, int error);
/* Asks every connection whether it is still there: called when some connection has gone, libzmq does not tell whose. */
void registry_probe(struct broker *broker);
/* Buries the workers that are known to be dead: what they sent before was read. */
void registry_reap(struct broker *broker);
/* Buries those that were silent for too long. To be called every ZOE_BEAT_MS with an empty work socket. */
void registry_tick(struct broker *broker);

void registry_close(struct broker *broker);

#endif
