#ifndef ZOE_BROKER_INTAKE_H
#define ZOE_BROKER_INTAKE_H

#include "broker/broker.h"

/* Reads what waits on the asking and the working side in turns, then settles: the dead are buried, the due answered,
 * the timer set. -1 when a stopping broker has answered everything. */
int intake_turn(struct broker *broker);

/* Reads what waits on the admin socket. */
void intake_admin(struct broker *broker);

#endif
