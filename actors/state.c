#include <stdlib.h>

#include "actors/actor_parts.h"
#include "protocol/wire/codec.h"

const struct handler *actor_handler(const struct actor *actor, unsigned message) {
    for (size_t i = 0; i < actor->options->handler_count; i++)
        if (actor->options->handlers[i].message == message)
            return &actor->options->handlers[i];
    return NULL;
}

bool actor_stopping(const struct actor *actor) {
    return __atomic_load_n(&actor->stopping, __ATOMIC_ACQUIRE);
}

void actor_event(struct actor *actor, const struct bus_event *event) {
    struct parcel *parcel = calloc(1, sizeof *parcel);
    if (!parcel)
        return;
    parcel->kind = PARCEL_EVENT;
    parcel->header.kind = KIND_EVENT;
    if (body_encode(bus_event_record(), event, &parcel->body))
        parcel_free(parcel);
    else
        out_put(&actor->out, parcel);
}

bool actor_is_cancelled(struct actor *actor, const struct ask_key *key) {
    enum { PLACES = sizeof actor->cancelled / sizeof *actor->cancelled };
    bool found = false;
    pthread_mutex_lock(&actor->cancel_lock);
    for (size_t i = 0; i < PLACES && i < actor->cancel_turn && !found; i++)
        found = actor->cancelled[i].edge == key->edge && actor->cancelled[i].sequence == key->sequence;
    pthread_mutex_unlock(&actor->cancel_lock);
    return found;
}

/* Remembers the last few: a call that is at work already ends by itself. */
void actor_cancel(void *self, const struct header *header) {
    struct actor *actor = self;
    pthread_mutex_lock(&actor->cancel_lock);
    actor->cancelled[actor->cancel_turn++ % (sizeof actor->cancelled / sizeof *actor->cancelled)] = header->key;
    pthread_mutex_unlock(&actor->cancel_lock);
}
