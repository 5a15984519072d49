#include "protocol/node/clock.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

static int64_t read_us(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_us(void) {
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_ms(void) {
    return clock_us() / 1000;
}

int64_t clock_wall_ms(void) {
    return read_us(CLOCK_REALTIME) / 1000;
}

void random_bytes(void *to, unsigned long n) {
    char *at = to;
    while (n) {
        ssize_t got = getrandom(at, n, 0);
        /* Tokens and keys depend on it: going on without randomness would be worse than ending. */
        if (got <= 0)
            abort();
        at += got;
        n -= (unsigned long)got;
    }
}

uint64_t random_u64(void) {
    uint64_t value;
    random_bytes(&value, sizeof value);
    return value;
}
