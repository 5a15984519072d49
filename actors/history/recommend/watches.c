#include "actors/history/recommend/watches.h"

#include <stdlib.h>
#include <string.h>

void watches_free(struct watches *watches) {
    for (uint32_t i = 0; i < watches->room; i++)
        free(watches->watchers[i].slots);
    free(watches->watchers);
    places_free(&watches->accounts);
    *watches = (struct watches){0};
}

static struct watcher *watcher_of(struct watches *watches, int64_t account) {
    uint32_t place = places_add(&watches->accounts, account);
    if (place == NUMBER_NONE)
        return NULL;
    if (place >= watches->room) {
        uint32_t room = watches->room ? 2 * watches->room : 64;
        struct watcher *more = realloc(watches->watchers, room * sizeof *more);
        if (!more)
            return NULL;
        memset(more + watches->room, 0, (room - watches->room) * sizeof *more);
        watches->watchers = more;
        watches->room = room;
    }
    return &watches->watchers[place];
}

int watches_add(struct watches *watches, int64_t account, uint32_t slot) {
    struct watcher *watcher = watcher_of(watches, account);
    if (!watcher)
        return -1;
    for (uint32_t i = 0; i < watcher->n; i++)
        if (watcher->slots[i] == slot)
            return 0;
    if (watcher->n == WATCHES_OF_ONE_MOST)
        return 0;
    if (watcher->n == watcher->room) {
        uint32_t room = watcher->room ? 2 * watcher->room : 8;
        uint32_t *slots = realloc(watcher->slots, room * sizeof *slots);
        if (!slots)
            return -1;
        watcher->slots = slots;
        watcher->room = room;
    }
    watcher->slots[watcher->n++] = slot;
    watches->n++;
    return 0;
}

int audience_build(struct audience *audience, const struct watches *watches, uint32_t slots) {
    *audience = (struct audience){.slots = slots,
                                  .start = calloc((size_t)slots + 2, sizeof *audience->start),
                                  .watchers = malloc((watches->n + 1) * sizeof *audience->watchers)};
    if (!audience->start || !audience->watchers) {
        audience_free(audience);
        return -1;
    }
    /* Counted two places ahead: after the second pass each start is where it belongs. */
    for (uint32_t who = 0; who < watches->accounts.n; who++)
        for (uint32_t i = 0; i < watches->watchers[who].n; i++)
            audience->start[watches->watchers[who].slots[i] + 2]++;
    for (uint32_t slot = 0; slot < slots; slot++)
        audience->start[slot + 2] += audience->start[slot + 1];
    for (uint32_t who = 0; who < watches->accounts.n; who++)
        for (uint32_t i = 0; i < watches->watchers[who].n; i++)
            audience->watchers[audience->start[watches->watchers[who].slots[i] + 1]++] = who;
    return 0;
}

void audience_free(struct audience *audience) {
    free(audience->start);
    free(audience->watchers);
    *audience = (struct audience){0};
}

uint32_t audience_of(const struct audience *audience, uint32_t slot) {
    return slot < audience->slots ? audience->start[slot + 1] - audience->start[slot] : 0;
}
