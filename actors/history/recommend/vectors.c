#include "actors/history/recommend/vectors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "actors/history/recommend/words.h"

/* Beside the frequency: a director says more about a title than a word of its description. Chosen on the validation
 * slices of both sets of the evaluation. */
static const float kind_weight[FEATURE_KINDS] = {
    [FEATURE_GENRE] = 1.0F, [FEATURE_KEYWORD] = 1.0F, [FEATURE_DIRECTOR] = 1.0F,
    [FEATURE_CAST] = 0.7F,  [FEATURE_WORD] = 0.3F,    [FEATURE_YEARS] = 1.0F,
};

/* A word that so many titles have says nothing and costs the most. */
enum { COMMON_WORD_PART = 10 };

static void add_one(struct features *features, struct vectors *vectors, enum feature_kind kind, const char *text) {
    uint32_t number = features->n < FEATURES_MOST ? dictionary_add(&vectors->names, kind, text) : NUMBER_NONE;
    if (number != NUMBER_NONE)
        features->numbers[features->n++] = number;
}

void features_add(struct features *features, struct vectors *vectors, enum feature_kind kind, const char *text) {
    char word[WORD_BYTES];
    if (kind != FEATURE_WORD)
        add_one(features, vectors, kind, text);
    else
        while (words_next(&text, word))
            add_one(features, vectors, kind, word);
}

void vectors_free(struct vectors *vectors) {
    for (uint32_t i = 0; i < vectors->titles_room; i++)
        free(vectors->titles[i].features);
    for (uint32_t i = 0; i < vectors->postings_room; i++)
        free(vectors->postings[i].slots);
    free(vectors->titles);
    free(vectors->postings);
    dictionary_free(&vectors->names);
    places_free(&vectors->places);
    *vectors = (struct vectors){0};
}

/* Room for `n` entries, the new ones zeroed. 0, or -1. */
static int reserve(void **at, uint32_t *room, uint32_t n, size_t each) {
    if (n <= *room)
        return 0;
    uint32_t wanted = n < 128 ? 256 : 2 * n;
    void *more = realloc(*at, wanted * each);
    if (!more)
        return -1;
    memset((char *)more + *room * each, 0, (wanted - *room) * each);
    *at = more;
    *room = wanted;
    return 0;
}

uint32_t vectors_slot(struct vectors *vectors, int64_t title) {
    uint32_t slot = places_add(&vectors->places, title);
    void *titles = vectors->titles;
    if (slot == NUMBER_NONE || reserve(&titles, &vectors->titles_room, slot + 1, sizeof *vectors->titles))
        return NUMBER_NONE;
    vectors->titles = titles;
    return slot;
}

static int posting_add(struct vectors *vectors, uint32_t feature, uint32_t slot) {
    void *postings = vectors->postings;
    if (reserve(&postings, &vectors->postings_room, feature + 1, sizeof *vectors->postings))
        return -1;
    vectors->postings = postings;
    struct posting *posting = &vectors->postings[feature];
    if (posting->n == posting->room) {
        uint32_t room = posting->room ? 2 * posting->room : 2;
        uint32_t *slots = realloc(posting->slots, room * sizeof *slots);
        if (!slots)
            return -1;
        posting->slots = slots;
        posting->room = room;
    }
    posting->slots[posting->n++] = slot;
    return 0;
}

static void posting_drop(struct posting *posting, uint32_t slot) {
    for (uint32_t i = 0; i < posting->n; i++)
        if (posting->slots[i] == slot) {
            posting->slots[i] = posting->slots[--posting->n];
            return;
        }
}

static int compare_numbers(const void *a, const void *b) {
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return one == other ? 0 : one < other ? -1 : 1;
}

static void clear(struct vectors *vectors, uint32_t slot) {
    struct vector *vector = &vectors->titles[slot];
    for (uint32_t i = 0; i < vector->n; i++)
        posting_drop(&vectors->postings[vector->features[i]], slot);
    vectors->live -= vector->n > 0;
    vector->n = 0;
    vector->scale = 0;
}

float vectors_weight(const struct vectors *vectors, uint32_t feature) {
    uint32_t n = vectors->postings[feature].n;
    enum feature_kind kind = dictionary_kind(&vectors->names, feature);
    if (!n || (kind == FEATURE_WORD && n > 1000 && n > vectors->live / COMMON_WORD_PART))
        return 0;
    return kind_weight[kind] * logf((float)(vectors->live + 1) / (float)n);
}

static float scale_of(const struct vectors *vectors, const struct vector *vector) {
    float sum = 0;
    for (uint32_t i = 0; i < vector->n; i++) {
        float weight = vectors_weight(vectors, vector->features[i]);
        sum += weight * weight;
    }
    return sum > 0 ? 1 / sqrtf(sum) : 0;
}

int vectors_set(struct vectors *vectors, uint32_t slot, const uint32_t *features, size_t n) {
    struct vector *vector = &vectors->titles[slot];
    n = n < FEATURES_MOST ? n : FEATURES_MOST;
    uint32_t *copy = malloc((n + 1) * sizeof *copy);
    if (!copy)
        return -1;
    clear(vectors, slot);
    free(vector->features);
    vector->features = copy;
    if (n)
        memcpy(copy, features, n * sizeof *copy);
    qsort(copy, n, sizeof *copy, compare_numbers);
    for (size_t i = 0; i < n; i++) {
        if (vector->n && copy[vector->n - 1] == copy[i])
            continue;
        uint32_t feature = copy[i];
        if (posting_add(vectors, feature, slot))
            return -1;
        copy[vector->n++] = feature;
    }
    vectors->live += vector->n > 0;
    vector->scale = scale_of(vectors, vector);
    return 0;
}

float *vectors_scales(const struct vectors *vectors) {
    float *scales = malloc((vectors->places.n + 1) * sizeof *scales);
    for (uint32_t i = 0; scales && i < vectors->places.n; i++)
        scales[i] = scale_of(vectors, &vectors->titles[i]);
    return scales;
}

void vectors_take_scales(struct vectors *vectors, float *scales) {
    for (uint32_t i = 0; i < vectors->places.n; i++)
        vectors->titles[i].scale = scales[i];
    vectors->live_at_rescale = vectors->live;
    free(scales);
}

float vectors_cosine(const struct vectors *vectors, uint32_t one, uint32_t other) {
    const struct vector *a = &vectors->titles[one], *b = &vectors->titles[other];
    float sum = 0;
    for (uint32_t i = 0, j = 0; i < a->n && j < b->n;) {
        if (a->features[i] == b->features[j]) {
            float weight = vectors_weight(vectors, a->features[i++]);
            sum += weight * weight;
            j++;
        } else if (a->features[i] < b->features[j])
            i++;
        else
            j++;
    }
    return sum * a->scale * b->scale;
}

static size_t keep_heaviest(struct weighted kept[SHARED_MOST], size_t n, struct weighted one) {
    size_t at = n;
    while (at > 0 && kept[at - 1].weight < one.weight)
        at--;
    if (at == SHARED_MOST)
        return n;
    size_t moved = (n < SHARED_MOST ? n : SHARED_MOST - 1) - at;
    memmove(&kept[at + 1], &kept[at], moved * sizeof *kept);
    kept[at] = one;
    return n < SHARED_MOST ? n + 1 : n;
}

size_t vectors_shared(const struct vectors *vectors, uint32_t one, uint32_t other, uint32_t to[SHARED_MOST]) {
    const struct vector *a = &vectors->titles[one], *b = &vectors->titles[other];
    struct weighted kept[SHARED_MOST];
    size_t n = 0;
    for (uint32_t i = 0, j = 0; i < a->n && j < b->n;) {
        uint32_t feature = a->features[i];
        if (feature == b->features[j]) {
            float weight = vectors_weight(vectors, feature);
            enum feature_kind kind = dictionary_kind(&vectors->names, feature);
            if (weight > 0 && kind != FEATURE_YEARS && kind != FEATURE_WORD)
                n = keep_heaviest(kept, n, (struct weighted){feature, weight});
            i++, j++;
        } else if (feature < b->features[j])
            i++;
        else
            j++;
    }
    for (size_t i = 0; i < n; i++)
        to[i] = kept[i].number;
    return n;
}

static int heavier(const void *a, const void *b) {
    const struct weighted *one = a, *other = b;
    if (one->weight != other->weight)
        return one->weight > other->weight ? -1 : 1;
    return one->number == other->number ? 0 : one->number < other->number ? -1 : 1;
}

/* The sum of the titles' vectors: its heaviest features and its length. */
static size_t profile_of(const struct vectors *vectors, const struct weighted *titles, size_t n, float *sums,
                         struct weighted *profile, float *length) {
    size_t touched = 0;
    for (size_t i = 0; i < n; i++) {
        const struct vector *vector = &vectors->titles[titles[i].number];
        for (uint32_t f = 0; f < vector->n && vector->scale > 0; f++) {
            uint32_t feature = vector->features[f];
            if (sums[feature] == 0)
                profile[touched++].number = feature;
            sums[feature] += titles[i].weight * vector->scale;
        }
    }
    float sum = 0;
    for (size_t i = 0; i < touched; i++) {
        float weight = vectors_weight(vectors, profile[i].number);
        profile[i].weight = sums[profile[i].number] * weight * weight;
        sum += profile[i].weight * sums[profile[i].number];
    }
    *length = sqrtf(sum);
    qsort(profile, touched, sizeof *profile, heavier);
    return touched < PROFILE_MOST ? touched : PROFILE_MOST;
}

int vectors_score(const struct vectors *vectors, const struct weighted *titles, size_t n, float *scores) {
    size_t most = 0;
    for (size_t i = 0; i < n; i++)
        most += vectors->titles[titles[i].number].n;
    float *sums = calloc((size_t)vectors->names.n + 1, sizeof *sums), length = 0;
    struct weighted *profile = malloc((most + 1) * sizeof *profile);
    int rc = sums && profile ? 0 : -1;
    size_t features = rc ? 0 : profile_of(vectors, titles, n, sums, profile, &length);
    for (size_t i = 0; i < features && length > 0; i++) {
        const struct posting *posting = &vectors->postings[profile[i].number];
        float weight = profile[i].weight / length;
        for (uint32_t at = 0; weight > 0 && at < posting->n; at++)
            scores[posting->slots[at]] += weight;
    }
    /* Each length once, in their order, and not at every feature. */
    for (uint32_t slot = 0; slot < vectors->places.n; slot++)
        scores[slot] *= vectors->titles[slot].scale;
    free(sums);
    free(profile);
    return rc;
}
