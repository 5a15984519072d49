#ifndef ZOE_EDGE_EVENTS_H
#define ZOE_EDGE_EVENTS_H

#include "protocol/wire/contract.h"

struct shard;

/* Server-sent events: how far a title's film is. The bus gives hints, content is asked every few seconds anyway. */
struct events;

struct events *events_new(struct shard *shard);
void events_free(struct events *events);

/* A hint of the bus, topic "progress". */
void events_progress(struct events *events, const struct bus_event *event);
/* Heart-beats and fresh questions; call it every 50 ms. */
void events_tick(struct events *events);
/* Ends all streams: the shard drains. */
void events_end(struct events *events);

#endif
