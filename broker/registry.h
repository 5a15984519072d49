#ifndef ZOE_BROKER_REGISTRY_H
#define ZOE_BROKER_REGISTRY_H

#include "broker/broker.h"

/* The live workers: who they are and what they still take. */

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

/* Out of the registry; the caller frees or buries it. */
void registry_leave(struct broker *broker, struct worker *worker);

void registry_close(struct broker *broker);

#endif
