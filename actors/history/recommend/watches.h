#ifndef ZOE_HISTORY_RECOMMEND_WATCHES_H
#define ZOE_HISTORY_RECOMMEND_WATCHES_H

#include "actors/history/recommend/numbers.h"

/* Who watched what, as the fits read it: for each account the slots of its titles, each once. */

enum { WATCHES_OF_ONE_MOST = 1000 };

struct watcher {
    uint32_t *slots;
    uint32_t n, room;
};

struct watches {
    struct places accounts;
    struct watcher *watchers; /* one an account */
    uint32_t room;
    uint64_t n;
};

void watches_free(struct watches *watches);
/* Does nothing when it is there already. An account that watched more than WATCHES_OF_ONE_MOST titles adds no more: it
 * is a machine, and costs the square. 0, or -1 when memory is out. */
int watches_add(struct watches *watches, int64_t account, uint32_t slot);

/* The other way round: the watchers (places of accounts) of each slot, from start[slot] to start[slot + 1]. */
struct audience {
    uint32_t slots, *start, *watchers;
};

/* 0, or -1 when memory is out. */
int audience_build(struct audience *audience, const struct watches *watches, uint32_t slots);
void audience_free(struct audience *audience);
uint32_t audience_of(const struct audience *audience, uint32_t slot);

#endif
