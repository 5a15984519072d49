#include "http_edge/throttle.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "http_edge/cache.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

/* One word an address, changed by compare and swap: shards share the table without a lock. The oldest minute of a set
 * gives way, so a flood of addresses costs no memory. */

enum { SETS = 2048, WAYS = 8, MINUTE = 60 };

struct minute {
    uint32_t mark; /* of the address; 0 is free */
    uint32_t began : 20, count : 12;
};

static _Atomic uint64_t table[SETS][WAYS];
static uint8_t salt[16];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_salt(void) {
    random_bytes(salt, sizeof salt);
}

static struct minute unpack(uint64_t word) {
    return (struct minute){(uint32_t)(word >> 32), (uint32_t)word >> 12, (uint32_t)word & 0xfff};
}

static uint64_t pack(struct minute minute) {
    return (uint64_t)minute.mark << 32 | (uint32_t)minute.began << 12 | minute.count;
}

static bool loopback(const char *address) {
    return !strncmp(address, "127.", 4) || !strcmp(address, "::1") || !strncmp(address, "::ffff:127.", 11);
}

/* Of an IPv6 address only the network counts: a household has 2^64 of them. */
static uint64_t key_of(const char *address) {
    uint8_t raw[16 + 64] = {0};
    pthread_once(&once, make_salt);
    memcpy(raw, salt, sizeof salt);
    if (inet_pton(AF_INET6, address, raw + sizeof salt) == 1)
        memset(raw + sizeof salt + 8, 0, 8);
    else
        strncpy((char *)raw + sizeof salt, address, 63);
    uint64_t key = cache_tag((const char *)raw, sizeof raw);
    return key >> 32 ? key : key | UINT64_C(1) << 32;
}

/* Seconds of a clock that goes round after twelve days. */
static uint32_t age(struct minute minute, uint32_t now) {
    return (now - minute.began) & 0xfffff;
}

/* The address's place, or the one whose minute began first. */
static unsigned find(const _Atomic uint64_t *set, uint32_t mark, uint32_t now) {
    unsigned oldest = 0;
    for (unsigned i = 0; i < WAYS; i++) {
        struct minute minute = unpack(atomic_load_explicit(&set[i], memory_order_relaxed));
        struct minute last = unpack(atomic_load_explicit(&set[oldest], memory_order_relaxed));
        if (minute.mark == mark)
            return i;
        if (last.mark && (!minute.mark || age(minute, now) > age(last, now)))
            oldest = i;
    }
    return oldest;
}

static int64_t take(uint64_t key, int64_t most) {
    uint32_t mark = (uint32_t)(key >> 32), now = (uint32_t)(clock_ms() / 1000) & 0xfffff;
    _Atomic uint64_t *set = table[key % SETS];
    for (;;) {
        unsigned i = find(set, mark, now);
        uint64_t old = atomic_load_explicit(&set[i], memory_order_relaxed);
        struct minute minute = unpack(old);
        if (minute.mark != mark || age(minute, now) >= MINUTE)
            minute = (struct minute){.mark = mark, .began = now};
        if (minute.count >= most)
            return MINUTE - (int64_t)age(minute, now);
        minute.count++;
        if (atomic_compare_exchange_weak_explicit(&set[i], &old, pack(minute), memory_order_relaxed,
                                                  memory_order_relaxed))
            return 0;
    }
}

int64_t throttle_take(const char *address) {
    int64_t most = config()->anonymous_per_minute;
    if (!address || !*address || loopback(address) || !most || strcmp(config()->rate_limits, "on") != 0)
        return 0;
    return take(key_of(address), most);
}
