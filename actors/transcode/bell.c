#include <pthread.h>
#include <time.h>

#include "actors/transcode/transcode.h"

static struct {
    pthread_mutex_t lock;
    pthread_cond_t rung;
    unsigned turn; /* grows with each ring, so that none is missed */
    bool ending;
} bell = {.lock = PTHREAD_MUTEX_INITIALIZER, .rung = PTHREAD_COND_INITIALIZER};

void bell_ring(void) {
    pthread_mutex_lock(&bell.lock);
    bell.turn++;
    pthread_cond_broadcast(&bell.rung);
    pthread_mutex_unlock(&bell.lock);
}

bool bell_wait(unsigned *turn, int64_t ms) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += ms % 1000 * 1000000L;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&bell.lock);
    if (!bell.ending && *turn == bell.turn)
        pthread_cond_timedwait(&bell.rung, &bell.lock, &until);
    *turn = bell.turn;
    bool ending = bell.ending;
    pthread_mutex_unlock(&bell.lock);
    return !ending;
}

void bell_end(void) {
    pthread_mutex_lock(&bell.lock);
    bell.ending = true;
    pthread_cond_broadcast(&bell.rung);
    pthread_mutex_unlock(&bell.lock);
}
