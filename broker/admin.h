#ifndef ZOE_BROKER_ADMIN_H
#define ZOE_BROKER_ADMIN_H

#include "broker/broker.h"

/* An ASK in broker->parcel that is meant for the broker itself. */
void admin_ask(struct broker *broker, void *socket);

#endif
