#include "actors/history/recommend/ease.h"

#include <stdlib.h>

#include "actors/history/recommend/inverse.h"

void ease_free(struct ease *ease) {
    free(ease->slot_of);
    free(ease->row_of);
    free(ease->weights);
    *ease = (struct ease){0};
}

static int more_watched(const void *a, const void *b) {
    const struct weighted *one = a, *other = b;
    if (one->weight != other->weight)
        return one->weight > other->weight ? -1 : 1;
    return one->number == other->number ? 0 : one->number < other->number ? -1 : 1;
}

/* The most-watched titles get rows. 0, or -1. */
static int choose(struct ease *ease, const struct audience *audience, const struct ease_settings *settings) {
    struct weighted *order = malloc(((size_t)audience->slots + 1) * sizeof *order);
    size_t n = 0;
    ease->slots = audience->slots;
    ease->row_of = malloc(((size_t)audience->slots + 1) * sizeof *ease->row_of);
    ease->slot_of = malloc(((size_t)audience->slots + 1) * sizeof *ease->slot_of);
    if (!order || !ease->row_of || !ease->slot_of) {
        free(order);
        return -1;
    }
    for (uint32_t slot = 0; slot < audience->slots; slot++) {
        uint32_t people = audience_of(audience, slot);
        ease->row_of[slot] = NUMBER_NONE;
        if (people && people >= settings->least)
            order[n++] = (struct weighted){slot, (float)people};
    }
    qsort(order, n, sizeof *order, more_watched);
    ease->n = (uint32_t)(n < settings->most ? n : settings->most);
    for (uint32_t row = 0; row < ease->n; row++) {
        ease->slot_of[row] = order[row].number;
        ease->row_of[order[row].number] = row;
    }
    free(order);
    return 0;
}

static void add_counts(struct ease *ease, const struct watches *watches, const struct audience *audience) {
    for (uint32_t row = 0; row < ease->n; row++) {
        float *to = ease->weights + (size_t)row * ease->n;
        uint32_t slot = ease->slot_of[row];
        for (uint32_t at = audience->start[slot]; at < audience->start[slot + 1]; at++) {
            const struct watcher *watcher = &watches->watchers[audience->watchers[at]];
            for (uint32_t i = 0; i < watcher->n; i++)
                if (ease->row_of[watcher->slots[i]] != NUMBER_NONE)
                    to[ease->row_of[watcher->slots[i]]] += 1;
        }
    }
}

static int add_content(struct ease *ease, const struct vectors *vectors, float weight) {
    float *scores = malloc((vectors->places.n + 1) * sizeof *scores);
    int rc = scores ? 0 : -1;
    for (uint32_t row = 0; !rc && row < ease->n; row++) {
        struct weighted title = {ease->slot_of[row], 1};
        for (uint32_t i = 0; i < vectors->places.n; i++)
            scores[i] = 0;
        rc = vectors_score(vectors, &title, 1, scores);
        for (uint32_t other = 0; other < ease->n; other++)
            ease->weights[(size_t)row * ease->n + other] += weight * scores[ease->slot_of[other]];
    }
    free(scores);
    return rc;
}

int ease_fit(struct ease *ease, const struct watches *watches, const struct audience *audience,
             const struct vectors *vectors, const struct ease_settings *settings) {
    *ease = (struct ease){0};
    int rc = choose(ease, audience, settings);
    size_t n = ease->n;
    if (!rc)
        ease->weights = calloc(n * n + 1, sizeof *ease->weights);
    rc = rc || !ease->weights ? -1 : 0;
    if (!rc)
        add_counts(ease, watches, audience);
    if (!rc && settings->content > 0)
        rc = add_content(ease, vectors, settings->content);
    for (size_t i = 0; !rc && i < n; i++)
        ease->weights[i * n + i] += settings->ridge;
    if (!rc)
        rc = inverse(ease->weights, n);
    if (rc) {
        ease_free(ease);
        return -1;
    }
    float *scale = malloc((n + 1) * sizeof *scale);
    for (size_t j = 0; scale && j < n; j++)
        scale[j] = -1 / ease->weights[j * n + j];
    for (size_t i = 0; scale && i < n; i++)
        for (size_t j = 0; j < n; j++)
            ease->weights[i * n + j] = i == j ? 0 : ease->weights[i * n + j] * scale[j];
    rc = scale ? 0 : -1;
    free(scale);
    if (rc)
        ease_free(ease);
    return rc;
}

int ease_score(const struct ease *ease, const struct weighted *titles, size_t n, float *scores) {
    float *sums = calloc((size_t)ease->n + 1, sizeof *sums);
    if (!sums)
        return -1;
    for (size_t i = 0; i < n; i++) {
        uint32_t slot = titles[i].number, row = slot < ease->slots ? ease->row_of[slot] : NUMBER_NONE;
        if (row == NUMBER_NONE)
            continue;
        const float *from = ease->weights + (size_t)row * ease->n;
        for (uint32_t j = 0; j < ease->n; j++)
            sums[j] += titles[i].weight * from[j];
    }
    for (uint32_t j = 0; j < ease->n; j++)
        scores[ease->slot_of[j]] += sums[j];
    free(sums);
    return 0;
}
