#include "actors/actor_parts.h"

void mailbox_open(struct mailbox *box, size_t most) {
    *box = (struct mailbox){.most = most};
    pthread_mutex_init(&box->lock, NULL);
    pthread_cond_init(&box->filled, NULL);
}

int mailbox_put(struct mailbox *box, struct call *call) {
    pthread_mutex_lock(&box->lock);
    bool taken = !box->closed && box->waiting < box->most;
    if (taken) {
        call->next = NULL;
        if (box->last)
            box->last->next = call;
        else
            box->first = call;
        box->last = call;
        box->waiting++;
        pthread_cond_signal(&box->filled);
    }
    pthread_mutex_unlock(&box->lock);
    return taken ? 0 : -1;
}

/* All calls of the first one's message, in order, others stay. A handler for one call takes one. */
static size_t take_alike(struct mailbox *box, const struct actor *actor, struct call **calls, size_t size) {
    const struct message *message = box->first->message;
    const struct handler *handler = actor_handler(actor, message->number);
    size_t most = handler && handler->many ? handler->most : 1, n = 0;
    if (most > size)
        most = size;
    struct call **at = &box->first, *before = NULL;
    while (*at && n < most) {
        struct call *call = *at;
        if (call->message != message) {
            before = call;
            at = &call->next;
            continue;
        }
        *at = call->next;
        if (box->last == call)
            box->last = before;
        calls[n++] = call;
    }
    box->waiting -= n;
    box->busy += n;
    return n;
}

size_t mailbox_take(struct mailbox *box, const struct actor *actor, struct call **calls, size_t size) {
    size_t n = 0;
    pthread_mutex_lock(&box->lock);
    while (!box->first && !box->closed)
        pthread_cond_wait(&box->filled, &box->lock);
    if (box->first)
        n = take_alike(box, actor, calls, size < BATCH_MAX ? size : BATCH_MAX);
    if (box->first)
        pthread_cond_signal(&box->filled);
    pthread_mutex_unlock(&box->lock);
    return n;
}

void mailbox_done(struct mailbox *box, size_t n) {
    pthread_mutex_lock(&box->lock);
    box->busy -= n;
    pthread_mutex_unlock(&box->lock);
}

void mailbox_close(struct mailbox *box) {
    pthread_mutex_lock(&box->lock);
    box->closed = true;
    pthread_cond_broadcast(&box->filled);
    pthread_mutex_unlock(&box->lock);
}

bool mailbox_idle(struct mailbox *box) {
    pthread_mutex_lock(&box->lock);
    bool idle = !box->waiting && !box->busy;
    pthread_mutex_unlock(&box->lock);
    return idle;
}
