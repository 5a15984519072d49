#ifndef ZOE_BROKER_ANSWER_H
#define ZOE_BROKER_ANSWER_H

#include "broker/broker.h"

/* What the broker itself says to an asker. */

/* Answers the ask in broker->parcel, which came from `socket` and never became a flight, with a problem. */
void answer_refuse(struct broker *broker, void *socket, enum status status, const char *code);

/* Answers it with a record. */
void answer_record(struct broker *broker, void *socket, const struct record *record, const void *value);

/* Tells a flight's asker that there will be no answer of a worker. The flight is not touched. */
void answer_flight(struct broker *broker, const struct flight *flight, enum status status, const char *code);

/* Counts an answer whose asker has gone or does not read. */
void answer_undelivered(struct broker *broker);

#endif
