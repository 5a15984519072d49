#ifndef ZOE_BROKER_QUEUE_H
#define ZOE_BROKER_QUEUE_H

#include "broker/broker.h"

/* The bounded queues, one for each lane of each service. */

void queues_open(struct broker *broker);

/* Whether an ask of `bytes` (header and body) has no place any more, waiting or handed over at once. */
bool queue_full(const struct queue *queue, size_t bytes);

/* Whether an ask could not be answered before half of its time is over, as fast as the lane works: better to say so at
 * once than to let it wait and then fail. Of heavy lanes only; the others are never so long. */
bool queue_hopeless(const struct queue *queue, uint32_t remaining_ms);
/* An answer came, and its ask still counts as held: learns the lane's pace. */
void queue_answered(struct queue *queue, int64_t now_us);

void queue_add(struct queue *queue, struct flight *flight);
/* Before all others, whether there is a place or not: the ask was accepted once. */
void queue_return(struct queue *queue, struct flight *flight);
void queue_remove(struct queue *queue, struct flight *flight);

/* How long the first ask has been waiting since it was asked. */
int64_t queue_age_us(const struct queue *queue, int64_t now_us);

#endif
