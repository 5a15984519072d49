#include <arpa/inet.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "actors/auth/auth.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

/* Buckets by the generic cell rate algorithm: one time a key says how full it is. The table never grows; the fullest of
 * a set stay, so that a flood of new keys cannot wash away the one that is just being limited. */

enum { SETS = 8192, WAYS = 4, KEY_BYTES = 512 };

/* What ZOE_LIMITS does not name stays as it is here. */
static struct {
    const char *name;
    int64_t every_ms, burst;
} limits[] = {
    [LIMIT_LOGIN_ADDRESS] = {"login-address", 1000, 60},
    [LIMIT_LOGIN_PAIR] = {"login-pair", 30000, 10},
    [LIMIT_LOGIN_ACCOUNT] = {"login-account", 30000, 60},
    [LIMIT_REGISTER] = {"register", 10000, 30},
    [LIMIT_LINK_ADDRESS] = {"link-address", 30000, 20},
    [LIMIT_LINK_PAIR] = {"link-pair", 300000, 3},
    [LIMIT_CODE] = {"code", 30000, 6},
    [LIMIT_EXISTS] = {"exists", 2000, 30},
};

struct bucket {
    uint64_t key;
    int64_t full_ms; /* when it will be empty of tries again */
};

/* One NAME=BURST/SECONDS; false when it is none. */
static bool set_limit(const char *wish) {
    char name[32], end;
    long burst, seconds;
    if (sscanf(wish, "%31[a-z-]=%9ld/%9ld%c", name, &burst, &seconds, &end) != 3 || burst < 1 || seconds < 1)
        return false;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (!strcmp(name, limits[i].name)) {
            limits[i].burst = burst;
            limits[i].every_ms = seconds * 1000;
            return true;
        }
    return false;
}

void limits_load(void) {
    char wishes[1001], *rest = wishes;
    snprintf(wishes, sizeof wishes, "%s", config()->limits);
    for (char *wish; (wish = strtok_r(rest, " ", &rest));)
        if (!set_limit(wish)) {
            fprintf(stderr, "ZOE_LIMITS: \"%s\" is not NAME=BURST/SECONDS of a limit\n", wish);
            exit(EX_CONFIG);
        }
}

static struct bucket table[SETS][WAYS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint8_t salt[16];

static void make_salt(void) {
    random_bytes(salt, sizeof salt);
}

static size_t put(uint8_t *to, size_t at, const void *from, size_t n) {
    size_t room = KEY_BYTES - at;
    n = n < room ? n : room;
    memcpy(to + at, from, n);
    return at + n;
}

/* Of an IPv6 address only the network counts: a household has 2^64 of them. */
static size_t put_address(uint8_t *to, size_t at, const char *address) {
    unsigned char raw[16];
    if (inet_pton(AF_INET6, address, raw) == 1 && memcmp(raw, "\0\0\0\0\0\0\0\0\0\0\377\377", 12) != 0)
        return put(to, at, raw, 8);
    return put(to, at, address, strlen(address) + 1);
}

static uint64_t key_of(enum limit limit, const char *address, const char *name) {
    uint8_t whole[KEY_BYTES], kind = (uint8_t)limit, digest[SHA256_DIGEST_LENGTH];
    uint64_t key;
    pthread_once(&once, make_salt);
    size_t n = put(whole, 0, salt, sizeof salt);
    n = put(whole, n, &kind, 1);
    n = put_address(whole, n, address);
    if (name)
        n = put(whole, n, name, strlen(name));
    SHA256(whole, n, digest);
    memcpy(&key, digest, sizeof key);
    return key ? key : 1;
}

/* The key's bucket, or the emptiest one of its set. The lock is held. */
static struct bucket *find(uint64_t key) {
    struct bucket *set = table[key % SETS], *emptiest = set;
    for (int i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].full_ms < emptiest->full_ms)
            emptiest = &set[i];
    }
    *emptiest = (struct bucket){.key = key};
    return emptiest;
}

/* Milliseconds to wait, 0 when the try was taken. */
static int64_t take(enum limit limit, uint64_t key) {
    int64_t now = clock_ms(), every = limits[limit].every_ms;
    pthread_mutex_lock(&lock);
    struct bucket *bucket = find(key);
    int64_t full = bucket->full_ms > now ? bucket->full_ms : now;
    int64_t wait = full + every - now - every * limits[limit].burst;
    if (wait <= 0)
        bucket->full_ms = full + every;
    pthread_mutex_unlock(&lock);
    return wait > 0 ? wait : 0;
}

/* The loopback is the operator, or a front proxy that does not say whom it speaks for (ZOE_TRUSTED_PROXIES): a limit on
 * it would hit all. */
static bool loopback(const char *address) {
    return !strncmp(address, "127.", 4) || !strcmp(address, "::1") || !strncmp(address, "::ffff:127.", 11);
}

static bool applies(const char *address) {
    return address && *address && !loopback(address) && !strcmp(config()->rate_limits, "on");
}

enum status limit_take(struct call *call, enum limit limit, const char *address, const char *name) {
    int64_t wait = applies(address) ? take(limit, key_of(limit, address, name)) : 0;
    if (!wait)
        return OK;
    call_refuse(call, TOO_MANY, "too-many-tries", "That was tried too often; please wait a little.");
    if (call->problem) {
        call->problem->retry_after = (wait + 999) / 1000;
        call->problem->has_retry_after = true;
    }
    log_info(call->header.trace, "limited", "limit=%d retry_after_ms=%lld", (int)limit, (long long)wait);
    return TOO_MANY;
}

void limit_give_back(enum limit limit, const char *address, const char *name) {
    if (!applies(address))
        return;
    uint64_t key = key_of(limit, address, name);
    pthread_mutex_lock(&lock);
    find(key)->full_ms -= limits[limit].every_ms;
    pthread_mutex_unlock(&lock);
}
