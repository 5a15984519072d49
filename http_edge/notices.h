#ifndef ZOE_EDGE_NOTICES_H
#define ZOE_EDGE_NOTICES_H

#include "protocol/wire/contract.h"

struct shard;

/* Server-sent events: what happens to the caller's account. The bus gives hints, mail is asked now and then anyway. */
struct notices;

struct notices *notices_new(struct shard *shard);
void notices_free(struct notices *notices);

/* A hint of the bus, topic "notice". */
void notices_hint(struct notices *notices, const struct bus_event *event);
/* Heart-beats, fresh questions, logins that ended; call it every 50 ms. */
void notices_tick(struct notices *notices);
/* Ends all streams: the shard drains. */
void notices_end(struct notices *notices);

#endif
