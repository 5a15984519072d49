#ifndef ZOE_BROKER_DISPATCH_H
#define ZOE_BROKER_DISPATCH_H

#include "broker/broker.h"

/* The way of an ask through the broker: taken in, handed to a worker, answered, or given up. */

/* An ASK or a CANCEL in broker->parcel that came from `socket` (ask or work). */
void dispatch_ask(struct broker *broker, void *socket);
void dispatch_cancel(struct broker *broker, void *socket);

/* A SAY or PART in broker->parcel, from the work socket. */
void dispatch_say(struct broker *broker);

/* Hands waiting asks to workers while there is credit. */
void dispatch_queue(struct broker *broker, struct queue *queue);
void dispatch_service(struct broker *broker, struct service *service);

/* Answers everything whose deadline has come. */
void dispatch_expire(struct broker *broker);

/* The worker that held `flight` (already out of its list) is dead: back to the queue if the contract allows. */
void dispatch_bereave(struct broker *broker, struct flight *flight, bool killed);

/* Answers all asks that are left, at the end of the drain. */
void dispatch_give_up(struct broker *broker);

#endif
