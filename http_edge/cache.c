#include "http_edge/cache.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/node/clock.h"

enum { SLOTS = 1024, WAYS = 4, LIFE_MS = 2000, VERSIONS = 8192, BYTES_MAX = 256 * 1024 };

/* Tags share versions by their hash: a clash only makes an answer stale too early. */
static _Atomic uint32_t versions[VERSIONS];

struct entry {
    struct cached cached;
    struct cache_stamp stamp;
    uint64_t hash;
    char *key;
    size_t key_bytes;
    int64_t until_ms, used_ms;
};

struct cache {
    struct entry entries[SLOTS * WAYS];
};

struct cache *cache_new(void) {
    return calloc(1, sizeof(struct cache));
}

static void entry_clear(struct entry *entry) {
    if (entry->cached.response)
        MHD_destroy_response(entry->cached.response);
    free((char *)entry->cached.body);
    free(entry->key);
    *entry = (struct entry){0};
}

void cache_free(struct cache *cache) {
    for (size_t i = 0; cache && i < SLOTS * WAYS; i++)
        entry_clear(&cache->entries[i]);
    free(cache);
}

uint64_t cache_tag(const char *text, size_t n) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

void cache_touch(uint64_t tag) {
    atomic_fetch_add_explicit(&versions[tag % VERSIONS], 1, memory_order_relaxed);
}

void cache_stamp_add(struct cache_stamp *stamp, uint64_t tag) {
    if (stamp->count == CACHE_TAGS_MAX)
        return;
    stamp->tags[stamp->count] = tag;
    stamp->versions[stamp->count++] = atomic_load_explicit(&versions[tag % VERSIONS], memory_order_relaxed);
}

bool cache_stamp_holds(const struct cache_stamp *stamp) {
    for (unsigned i = 0; i < stamp->count; i++)
        if (atomic_load_explicit(&versions[stamp->tags[i] % VERSIONS], memory_order_relaxed) != stamp->versions[i])
            return false;
    return true;
}

static bool fresh(const struct entry *entry) {
    return entry->until_ms > clock_ms() && cache_stamp_holds(&entry->stamp);
}

static struct entry *find(struct cache *cache, uint64_t hash, const char *key, size_t key_bytes) {
    struct entry *set = &cache->entries[hash % SLOTS * WAYS];
    for (unsigned i = 0; i < WAYS; i++)
        if (set[i].key && set[i].hash == hash && set[i].key_bytes == key_bytes && !memcmp(set[i].key, key, key_bytes))
            return &set[i];
    return NULL;
}

const struct cached *cache_find(struct cache *cache, const char *key, size_t key_bytes) {
    struct entry *entry = find(cache, cache_tag(key, key_bytes), key, key_bytes);
    if (!entry || !fresh(entry))
        return NULL;
    entry->used_ms = clock_ms();
    return &entry->cached;
}

void cache_keep(struct cache *cache, const char *key, size_t key_bytes, const struct cache_stamp *stamp,
                const char *body, size_t n, const char *etag, struct MHD_Response *response) {
    uint64_t hash = cache_tag(key, key_bytes);
    struct entry *entry = find(cache, hash, key, key_bytes), *set = &cache->entries[hash % SLOTS * WAYS];
    for (unsigned i = 0; !entry && i < WAYS; i++)
        if (!set[i].key)
            entry = &set[i];
    if (!entry) {
        entry = set;
        for (unsigned i = 1; i < WAYS; i++)
            if (set[i].used_ms < entry->used_ms)
                entry = &set[i];
    }
    entry_clear(entry);
    char *kept = n <= BYTES_MAX ? malloc(n + 1) : NULL;
    entry->key = kept ? malloc(key_bytes + 1) : NULL;
    if (!entry->key) {
        free(kept);
        MHD_destroy_response(response);
        return;
    }
    memcpy(kept, body, n);
    memcpy(entry->key, key, key_bytes);
    entry->key_bytes = key_bytes;
    entry->hash = hash;
    entry->stamp = *stamp;
    entry->used_ms = clock_ms();
    entry->until_ms = entry->used_ms + LIFE_MS;
    entry->cached = (struct cached){.response = response, .body = kept, .n = n};
    strncpy(entry->cached.etag, etag, sizeof entry->cached.etag - 1);
}
