#ifndef ZOE_EDGE_BOARD_H
#define ZOE_EDGE_BOARD_H

struct shard;

/* What a shard tells of itself and of the set: /live, /ready, /metrics (natives.h). */
struct board;

struct board *board_new(struct shard *shard);
void board_free(struct board *board);

#endif
