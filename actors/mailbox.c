#include "actors/actor_parts.h"

#include <stdlib.h>

/* What waits of one message, and whether a worker is at a batch of it that must be the only one. */
struct pile {
    unsigned waiting;
    bool solo;
};

int mailbox_open(struct mailbox *box, size_t most) {
    size_t count;
    const struct message *rows = message_all(&count);
    *box = (struct mailbox){.most = most, .piles = calloc(rows[count - 1].number + 1, sizeof *box->piles)};
    pthread_mutex_init(&box->lock, NULL);
    pthread_cond_init(&box->filled, NULL);
    return box->piles ? 0 : -1;
}

void mailbox_free(struct mailbox *box) {
    free(box->piles);
    box->piles = NULL;
}

static struct pile *pile_of(const struct mailbox *box, const struct call *call) {
    return &box->piles[call->message->number];
}

int mailbox_put(struct mailbox *box, struct call *call) {
    pthread_mutex_lock(&box->lock);
    bool taken = !box->closed && box->waiting < box->most;
    if (taken) {
        struct pile *pile = pile_of(box, call);
        call->next = NULL;
        if (box->last)
            box->last->next = call;
        else
            box->first = call;
        box->last = call;
        box->waiting++;
        pile->waiting++;
        /* Who takes the first of a batch takes the others, and who is at one comes back for the next. */
        if (!call->handler->solo || (pile->waiting == 1 && !pile->solo))
            pthread_cond_signal(&box->filled);
    }
    pthread_mutex_unlock(&box->lock);
    return taken ? 0 : -1;
}

/* The first call that may be taken now. A flood of a solo message leaves the other workers to other messages, too. */
static struct call *takeable(const struct mailbox *box) {
    struct call *call = box->first;
    while (call && pile_of(box, call)->solo)
        call = call->next;
    return call;
}

/* All calls of `wanted`'s message, in order, others stay. A handler for one call takes one. */
static size_t take_alike(struct mailbox *box, const struct call *wanted, struct call **calls, size_t size) {
    const struct handler *handler = wanted->handler;
    struct pile *pile = pile_of(box, wanted);
    size_t most = handler->many ? handler->most : 1, n = 0;
    if (most > size)
        most = size;
    struct call **at = &box->first, *before = NULL;
    while (*at && n < most && pile->waiting) {
        struct call *call = *at;
        if (call->message->number != handler->message) {
            before = call;
            at = &call->next;
            continue;
        }
        *at = call->next;
        if (box->last == call)
            box->last = before;
        calls[n++] = call;
        pile->waiting--;
    }
    pile->solo = handler->solo;
    box->waiting -= n;
    box->busy += n;
    return n;
}

size_t mailbox_take(struct mailbox *box, struct call **calls, size_t size) {
    size_t n = 0;
    struct call *first;
    pthread_mutex_lock(&box->lock);
    while (!(first = takeable(box)) && !(box->closed && !box->first))
        pthread_cond_wait(&box->filled, &box->lock);
    if (first)
        n = take_alike(box, first, calls, size < BATCH_MAX ? size : BATCH_MAX);
    if (takeable(box))
        pthread_cond_signal(&box->filled);
    else if (box->closed)
        pthread_cond_broadcast(&box->filled);
    pthread_mutex_unlock(&box->lock);
    return n;
}

void mailbox_done(struct mailbox *box, unsigned message, size_t n) {
    pthread_mutex_lock(&box->lock);
    box->busy -= n;
    box->piles[message].solo = false;
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
