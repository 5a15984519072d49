#ifndef ZOE_BROKER_PULSE_H
#define ZOE_BROKER_PULSE_H

#include "broker/broker.h"

/* Whether workers still live, and what becomes of what the dead have held. */

/* Asks every connection whether it is still there: called when some connection has gone, libzmq does not tell whose. */
void pulse_probe(struct broker *broker);
/* Buries the workers that are known to be dead: what they sent before was read. */
void pulse_reap(struct broker *broker);
/* Buries those that were silent for too long. To be called every ZOE_BEAT_MS with an empty work socket. */
void pulse_tick(struct broker *broker);

/* Takes back what a worker held, the oldest ask first in its queue, and frees it. It has left the registry. */
void pulse_bury(struct broker *broker, struct worker *worker);

#endif
