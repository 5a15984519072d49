#include "actors/history/recommend/numbers.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_LEAST = 256 };

/* Open addressing at most half full; `room` is a power of two. */
static uint64_t mix(uint64_t x) {
    x ^= x >> 33;
    x *= UINT64_C(0xff51afd7ed558ccd);
    x ^= x >> 33;
    x *= UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

/* FNV-1a. */
static uint64_t hash_text(uint8_t kind, const char *text) {
    uint64_t hash = (UINT64_C(0xcbf29ce484222325) ^ kind) * UINT64_C(0x100000001b3);
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    return mix(hash);
}

/* Twice the table, empty. 0, or -1. */
static int grow_table(uint32_t **table, uint32_t *room) {
    uint32_t wanted = *room ? 2 * *room : ROOM_LEAST;
    uint32_t *fresh = wanted ? calloc(wanted, sizeof *fresh) : NULL;
    if (!fresh)
        return -1;
    free(*table);
    *table = fresh;
    *room = wanted;
    return 0;
}

static void insert(uint32_t *table, uint32_t room, uint64_t hash, uint32_t number) {
    uint32_t at = (uint32_t)hash & (room - 1);
    while (table[at])
        at = (at + 1) & (room - 1);
    table[at] = number + 1;
}

void dictionary_free(struct dictionary *dictionary) {
    for (uint32_t i = 0; i < dictionary->n; i++)
        free(dictionary->texts[i]);
    free(dictionary->texts);
    free(dictionary->table);
    *dictionary = (struct dictionary){0};
}

static uint32_t dictionary_find(const struct dictionary *dictionary, uint64_t hash, uint8_t kind, const char *text) {
    for (uint32_t at = (uint32_t)hash & (dictionary->room - 1); dictionary->table[at];
         at = (at + 1) & (dictionary->room - 1)) {
        const char *known = dictionary->texts[dictionary->table[at] - 1];
        if ((uint8_t)known[0] == kind && !strcmp(known + 1, text))
            return dictionary->table[at] - 1;
    }
    return NUMBER_NONE;
}

static int dictionary_grow(struct dictionary *dictionary) {
    uint32_t wanted = dictionary->room ? dictionary->room : ROOM_LEAST / 2;
    char **texts = realloc(dictionary->texts, wanted * sizeof *texts);
    if (!texts)
        return -1;
    dictionary->texts = texts;
    if (grow_table(&dictionary->table, &dictionary->room))
        return -1;
    for (uint32_t i = 0; i < dictionary->n; i++)
        insert(dictionary->table, dictionary->room, hash_text((uint8_t)texts[i][0], texts[i] + 1), i);
    return 0;
}

uint32_t dictionary_add(struct dictionary *dictionary, enum feature_kind kind, const char *text) {
    uint64_t hash = hash_text((uint8_t)kind, text);
    uint32_t known = dictionary->room ? dictionary_find(dictionary, hash, (uint8_t)kind, text) : NUMBER_NONE;
    if (known != NUMBER_NONE)
        return known;
    if (dictionary->n == dictionary->room / 2 && dictionary_grow(dictionary))
        return NUMBER_NONE;
    size_t bytes = strlen(text) + 1;
    char *copy = malloc(bytes + 1);
    if (!copy)
        return NUMBER_NONE;
    copy[0] = (char)kind;
    memcpy(copy + 1, text, bytes);
    dictionary->texts[dictionary->n] = copy;
    insert(dictionary->table, dictionary->room, hash, dictionary->n);
    return dictionary->n++;
}

enum feature_kind dictionary_kind(const struct dictionary *dictionary, uint32_t number) {
    return (enum feature_kind)dictionary->texts[number][0];
}

const char *dictionary_text(const struct dictionary *dictionary, uint32_t number) {
    return dictionary->texts[number] + 1;
}

void places_free(struct places *places) {
    free(places->ids);
    free(places->table);
    *places = (struct places){0};
}

uint32_t places_find(const struct places *places, int64_t id) {
    if (!places->room)
        return NUMBER_NONE;
    for (uint32_t at = (uint32_t)mix((uint64_t)id) & (places->room - 1); places->table[at];
         at = (at + 1) & (places->room - 1))
        if (places->ids[places->table[at] - 1] == id)
            return places->table[at] - 1;
    return NUMBER_NONE;
}

static int places_grow(struct places *places) {
    uint32_t wanted = places->room ? places->room : ROOM_LEAST / 2;
    int64_t *ids = realloc(places->ids, wanted * sizeof *ids);
    if (!ids)
        return -1;
    places->ids = ids;
    if (grow_table(&places->table, &places->room))
        return -1;
    for (uint32_t i = 0; i < places->n; i++)
        insert(places->table, places->room, mix((uint64_t)ids[i]), i);
    return 0;
}

uint32_t places_add(struct places *places, int64_t id) {
    uint32_t known = places_find(places, id);
    if (known != NUMBER_NONE)
        return known;
    if (places->n == places->room / 2 && places_grow(places))
        return NUMBER_NONE;
    places->ids[places->n] = id;
    insert(places->table, places->room, mix((uint64_t)id), places->n);
    return places->n++;
}
