#include "actors/history/recommend/neighbours.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void neighbours_free(struct neighbours *neighbours) {
    free(neighbours->start);
    free(neighbours->all);
    *neighbours = (struct neighbours){0};
}

static int heavier(const void *a, const void *b) {
    const struct weighted *one = a, *other = b;
    if (one->weight != other->weight)
        return one->weight > other->weight ? -1 : 1;
    return one->number == other->number ? 0 : one->number < other->number ? -1 : 1;
}

struct fit {
    const struct watches *watches;
    const struct audience *audience;
    const struct neighbours_settings *settings;
    uint32_t *together; /* people who watched both, one a slot; all zero between rows */
    struct weighted *row;
};

/* Who watched `slot`, and what else they watched. */
static size_t row_of(struct fit *fit, uint32_t slot) {
    const struct audience *audience = fit->audience;
    size_t n = 0;
    for (uint32_t at = audience->start[slot]; at < audience->start[slot + 1]; at++) {
        const struct watcher *watcher = &fit->watches->watchers[audience->watchers[at]];
        for (uint32_t i = 0; i < watcher->n; i++)
            if (watcher->slots[i] != slot && fit->together[watcher->slots[i]]++ == 0)
                fit->row[n++].number = watcher->slots[i];
    }
    float mine = (float)audience_of(audience, slot);
    for (size_t i = 0; i < n; i++) {
        uint32_t other = fit->row[i].number;
        float both = (float)fit->together[other], theirs = (float)audience_of(audience, other);
        float power = fit->settings->popular_power;
        fit->row[i].weight =
            both / (powf(mine, 1 - power) * powf(theirs, power)) * both / (both + fit->settings->shrink);
        fit->together[other] = 0;
    }
    qsort(fit->row, n, sizeof *fit->row, heavier);
    return n < fit->settings->most ? n : fit->settings->most;
}

int neighbours_fit(struct neighbours *neighbours, const struct watches *watches, const struct audience *audience,
                   const struct neighbours_settings *settings) {
    uint32_t slots = audience->slots;
    struct fit fit = {watches, audience, settings, calloc((size_t)slots + 1, sizeof *fit.together),
                      malloc(((size_t)slots + 1) * sizeof *fit.row)};
    size_t n = 0, room = 0;
    *neighbours = (struct neighbours){.slots = slots, .start = calloc((size_t)slots + 1, sizeof *neighbours->start)};
    bool good = fit.together && fit.row && neighbours->start;
    for (uint32_t slot = 0; good && slot < slots; slot++) {
        size_t row = row_of(&fit, slot);
        if (n + row > room) {
            room = 2 * room + row + 1024;
            struct weighted *more = realloc(neighbours->all, room * sizeof *more);
            if (more)
                neighbours->all = more;
            good = more != NULL;
        }
        if (good && row)
            memcpy(neighbours->all + n, fit.row, row * sizeof *fit.row);
        n += row;
        neighbours->start[slot + 1] = (uint32_t)n;
    }
    free(fit.together);
    free(fit.row);
    if (!good)
        neighbours_free(neighbours);
    return good ? 0 : -1;
}

void neighbours_score(const struct neighbours *neighbours, const struct weighted *titles, size_t n, float *scores) {
    for (size_t i = 0; i < n; i++) {
        uint32_t slot = titles[i].number;
        if (slot >= neighbours->slots)
            continue;
        for (uint32_t at = neighbours->start[slot]; at < neighbours->start[slot + 1]; at++)
            scores[neighbours->all[at].number] += titles[i].weight * neighbours->all[at].weight;
    }
}
