#ifndef ZOE_BROKER_BUS_H
#define ZOE_BROKER_BUS_H

#include "broker/broker.h"

/* Publishes the EVENT in broker->parcel: topic, body. Slow readers miss hints; nothing depends on them. */
void bus_publish(struct broker *broker);

#endif
