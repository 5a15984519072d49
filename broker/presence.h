#ifndef ZOE_BROKER_PRESENCE_H
#define ZOE_BROKER_PRESENCE_H

#include "broker/broker.h"

/* What workers say of themselves: READY, BEAT, CREDIT and BYE in broker->parcel. */

void presence_ready(struct broker *broker);
void presence_beat(struct broker *broker);
void presence_credit(struct broker *broker);
void presence_bye(struct broker *broker);

#endif
