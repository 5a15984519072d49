#include "http_edge/far.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/store/store.h"

/* Numbers that a former holder of the lease may be using still. */
enum { NUMBERS_SKIPPED = 8 };

static struct far *make(const char *name, int64_t length) {
    struct far *far = calloc(1, sizeof *far);
    if (!far)
        return NULL;
    snprintf(far->name, sizeof far->name, "%s", name);
    far->length = length;
    far->part_bytes = (size_t)place_part_bytes(length);
    far->next_number = 1;
    return far;
}

struct far *far_new_temporary(const char *name, int64_t most) {
    struct far *far = make(name, most);
    if (far)
        far->temporary = true;
    return far;
}

struct far *far_new(const char *name, const struct upload_lease *lease, int64_t length) {
    struct far *far = make(name, length);
    if (!far)
        return NULL;
    far->fence = lease->fence;
    far->stored = far->old_stored = lease->stored;
    far->old_parts = lease->parts.n;
    far->tail = far->old_tail = lease->tail;
    far->old_fence = lease->tail_fence;
    if (lease->multipart)
        snprintf(far->multipart, sizeof far->multipart, "%s", lease->multipart);
    for (size_t i = 0, offset = 0; i < lease->parts.n; i++) {
        const struct upload_part *from = &LIST_AT(lease->parts, struct upload_part, i);
        struct place_part part = {.number = (int)from->number, .offset = (int64_t)offset, .bytes = from->bytes};
        snprintf(part.etag, sizeof part.etag, "%s", from->etag);
        buffer_add(&far->parts, &part, sizeof part);
        offset += (size_t)from->bytes;
        far->next_number = part.number + NUMBERS_SKIPPED;
    }
    if (!far->parts.failed)
        return far;
    far_free(far);
    return NULL;
}

void far_free(struct far *far) {
    if (!far)
        return;
    buffer_free(&far->part);
    buffer_free(&far->parts);
    free(far);
}

static void tail_name(const struct far *far, int64_t fence, char to[160]) {
    snprintf(to, 160, "%s.tail-%lld", far->name, (long long)fence);
}

int far_open(struct far *far) {
    char name[160];
    struct place_get get = {.max = far->part_bytes};
    if (!far->tail)
        return 0;
    tail_name(far, far->old_fence, name);
    if (place_get(store_place(), name, &get))
        return errno;
    far->part = get.body;
    return (int64_t)far->part.n == far->tail ? 0 : EIO;
}

/* No such upload: it may be that an edge completed it and died before it could tell. */
static int was_completed(struct far *far, int error) {
    far->whole = error == ENOENT && place_size(store_place(), far->name) == far->length;
    return far->whole ? 0 : error;
}

static int send_part(struct far *far, struct place_part *made) {
    struct place_part part = {.number = far->next_number, .offset = far->stored, .bytes = (int64_t)far->part.n};
    if (!*far->multipart) {
        /* An edge may have died before it told what it had begun. */
        place_tidy(store_place(), far->name);
        if (place_begin(store_place(), far->name, far->multipart))
            return errno;
    }
    if (place_part(store_place(), far->name, far->multipart, far->part.at, &part))
        return was_completed(far, errno);
    buffer_add(&far->parts, &part, sizeof part);
    if (far->parts.failed)
        return ENOMEM;
    far->next_number++;
    far->stored += part.bytes;
    far->part.n = 0;
    far->tail = 0;
    *made = part;
    return 0;
}

int far_write(struct far *far, const char *bytes, size_t n, struct place_part *made) {
    far->grew |= n > 0;
    while (n && !far->whole) {
        size_t room = far->part_bytes - far->part.n, some = n < room ? n : room;
        buffer_add(&far->part, bytes, some);
        if (far->part.failed)
            return ENOMEM;
        bytes += some;
        n -= some;
        /* The last part goes with the completion: what is told to be whole must be there. */
        bool last = far->stored + (int64_t)far->part.n == far->length;
        int error = far->part.n == far->part_bytes && !last ? send_part(far, made) : 0;
        if (error)
            return error;
    }
    return 0;
}

static int complete(struct far *far, struct place_part *made) {
    if (!*far->multipart)
        return place_put(store_place(), far->name, far->part.n ? far->part.at : "", far->part.n) ? errno : 0;
    int error = far->part.n ? send_part(far, made) : 0;
    if (error || far->whole)
        return error;
    return place_complete(store_place(), far->name, far->multipart, (const struct place_part *)(void *)far->parts.at,
                          far->parts.n / sizeof(struct place_part))
               ? errno
               : 0;
}

int far_sync(struct far *far, struct place_part *made) {
    char name[160];
    if (far->temporary || far->whole || far->stored + (int64_t)far->part.n == far->length) {
        int error = far->whole ? 0 : complete(far, made);
        far->stored = far->whole ? far->length : far->stored;
        far->tail = 0;
        far->grew = true;
        return error;
    }
    /* Without news the tail that was found stays. */
    if (far->grew && far->part.n) {
        tail_name(far, far->fence, name);
        if (place_put(store_place(), name, far->part.at, far->part.n))
            return errno;
    }
    far->tail = (int64_t)far->part.n;
    return 0;
}

void far_clean(struct far *far) {
    char name[160];
    if (far->temporary)
        store_delete(far->name);
    else if (far->recorded && far->grew && far->old_tail) {
        tail_name(far, far->old_fence, name);
        store_delete(name);
    }
}
