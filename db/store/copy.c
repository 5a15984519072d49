#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "db/store/place.h"

/* From one place into another: parts of the object are fetched and sent side by side, so that neither place waits for
 * the other, nor a server for the next request. Each thread holds a part, in memory that it uses again, or nothing
 * where the bytes can be written as they come. */

enum { THREADS = 4 };

struct copying {
    struct place *from, *to;
    const char *name;
    int64_t bytes, part_bytes;
    char id[PLACE_ID_BYTES];
    struct place_part *parts;
    size_t count;
    void (*tell)(void *self);
    void *self;
    pthread_mutex_t lock; /* over what follows */
    size_t next;
    int error;
};

static struct place_part *take(struct copying *copying) {
    pthread_mutex_lock(&copying->lock);
    bool more = !copying->error && copying->next < copying->count;
    struct place_part *part = more ? &copying->parts[copying->next++] : NULL;
    pthread_mutex_unlock(&copying->lock);
    return part;
}

static void fail(struct copying *copying, int error) {
    pthread_mutex_lock(&copying->lock);
    copying->error = copying->error ? copying->error : error;
    pthread_mutex_unlock(&copying->lock);
}

struct passing {
    struct copying *copying;
    struct place_part *part;
};

static int pass_on(void *self, int64_t at, const char *bytes, size_t n) {
    struct passing *passing = self;
    const struct copying *copying = passing->copying;
    return place_part_write(copying->to, copying->name, copying->id, at, bytes, n, passing->part);
}

static int copy_part(struct copying *copying, struct place_part *part, struct buffer *memory) {
    struct passing passing = {copying, part};
    bool passes = place_is_folder(copying->to);
    struct place_get get = {.offset = part->offset,
                            .count = part->bytes,
                            .max = (size_t)part->bytes,
                            .take = passes ? pass_on : NULL,
                            .self = &passing,
                            .body = *memory};
    int rc = place_get(copying->from, copying->name, &get);
    *memory = get.body;
    /* What became shorter meanwhile is another object. */
    if (!rc && (passes ? get.taken : (int64_t)get.body.n) != part->bytes) {
        errno = ENOENT;
        rc = -1;
    }
    return rc || passes ? rc : place_part(copying->to, copying->name, copying->id, get.body.at, part);
}

static void work(struct copying *copying, bool tells) {
    struct buffer memory = {0};
    for (struct place_part *part; (part = take(copying));) {
        if (copy_part(copying, part, &memory))
            fail(copying, errno ? errno : EIO);
        if (tells)
            copying->tell(copying->self);
    }
    buffer_free(&memory);
}

static void *help(void *arg) {
    work(arg, false);
    return NULL;
}

static int copy_parts(struct copying *copying) {
    pthread_t threads[THREADS - 1];
    size_t helpers = 0;
    for (size_t i = 0; i < copying->count; i++) {
        int64_t offset = (int64_t)i * copying->part_bytes, left = copying->bytes - offset;
        copying->parts[i] = (struct place_part){
            .number = (int)i + 1, .offset = offset, .bytes = left < copying->part_bytes ? left : copying->part_bytes};
    }
    while (helpers < THREADS - 1 && helpers + 1 < copying->count &&
           !pthread_create(&threads[helpers], NULL, help, copying))
        helpers++;
    work(copying, true);
    while (helpers)
        pthread_join(threads[--helpers], NULL);
    errno = copying->error;
    return copying->error ? -1 : 0;
}

static int copy_small(struct copying *copying) {
    struct place_get get = {.max = (size_t)copying->part_bytes};
    int rc = place_get(copying->from, copying->name, &get);
    if (!rc)
        rc = place_put(copying->to, copying->name, get.body.n ? get.body.at : "", get.body.n);
    int error = errno;
    buffer_free(&get.body);
    errno = error;
    return rc;
}

int place_copy(struct place *from, struct place *to, const char *name, int64_t bytes, void (*tell)(void *self),
               void *self) {
    struct copying copying = {.from = from,
                              .to = to,
                              .name = name,
                              .bytes = bytes,
                              .part_bytes = place_part_bytes(bytes),
                              .tell = tell,
                              .self = self,
                              .lock = PTHREAD_MUTEX_INITIALIZER};
    if (bytes <= copying.part_bytes)
        return copy_small(&copying);
    copying.count = (size_t)((bytes + copying.part_bytes - 1) / copying.part_bytes);
    copying.parts = calloc(copying.count, sizeof *copying.parts);
    /* What a move left that was broken off. */
    place_tidy(to, name);
    int rc = !copying.parts || place_begin(to, name, copying.id) ? -1 : 0;
    if (!rc) {
        rc = copy_parts(&copying);
        if (!rc)
            rc = place_complete(to, name, copying.id, copying.parts, copying.count);
        int error = errno;
        if (rc)
            place_abort(to, name, copying.id);
        errno = error;
    }
    free(copying.parts);
    return rc;
}
