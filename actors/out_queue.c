#include <sys/eventfd.h>

#include "actors/actor_parts.h"

int out_open(struct out_queue *out) {
    *out = (struct out_queue){.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    pthread_mutex_init(&out->lock, NULL);
    return out->wake < 0 ? -1 : 0;
}

void out_put(struct out_queue *out, struct parcel *parcel) {
    parcel->next = NULL;
    pthread_mutex_lock(&out->lock);
    bool first = !out->first;
    if (out->last)
        out->last->next = parcel;
    else
        out->first = parcel;
    out->last = parcel;
    pthread_mutex_unlock(&out->lock);
    /* Only the first parcel wakes the main thread: it takes all that are there. */
    if (first && eventfd_write(out->wake, 1))
        log_warn(NULL, "wake_failed", NULL);
}

struct parcel *out_take(struct out_queue *out) {
    eventfd_t ignored;
    if (eventfd_read(out->wake, &ignored))
        ignored = 0;
    pthread_mutex_lock(&out->lock);
    struct parcel *parcels = out->first;
    out->first = out->last = NULL;
    pthread_mutex_unlock(&out->lock);
    return parcels;
}

void parcel_free(struct parcel *parcel) {
    buffer_free(&parcel->body);
    free(parcel);
}

bool out_idle(struct out_queue *out) {
    pthread_mutex_lock(&out->lock);
    bool idle = !out->first;
    pthread_mutex_unlock(&out->lock);
    return idle;
}
