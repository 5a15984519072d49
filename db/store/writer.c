#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "db/store/place.h"

/* Streaming into a place: bytes gather until a part is full; while it is sent, by a thread, the next one is filled. An
 * object smaller than one part is simply put. */

enum { PART_BYTES = 8 << 20, PARTS_MAX = 9000, PARTS_STEP = 64 };

struct place_writer {
    struct place *place;
    char name[PLACE_NAME_BYTES], id[PLACE_ID_BYTES]; /* id "": no part was sent yet */
    size_t part_bytes;
    struct buffer part, going; /* what is filled, and what is sent */
    pthread_t sender;
    bool sending;
    int error; /* the sender's */
    struct place_part *parts;
    size_t count;
    int64_t offset;
};

int64_t place_part_bytes(int64_t length) {
    int64_t mega = 1 << 20, wanted = length / PARTS_MAX + 1;
    wanted = (wanted + mega - 1) / mega * mega;
    return wanted > PART_BYTES ? wanted : PART_BYTES;
}

struct place_writer *place_writer_open(struct place *place, const char *name, int64_t expected) {
    struct place_writer *writer = place_name_good(name) ? calloc(1, sizeof *writer) : NULL;
    if (!writer) {
        errno = place_name_good(name) ? ENOMEM : EINVAL;
        return NULL;
    }
    writer->place = place;
    writer->part_bytes = (size_t)place_part_bytes(expected);
    strcpy(writer->name, name);
    return writer;
}

static void end(struct place_writer *writer) {
    buffer_free(&writer->part);
    buffer_free(&writer->going);
    free(writer->parts);
    free(writer);
}

static void *run(void *arg) {
    struct place_writer *writer = arg;
    struct place_part *part = &writer->parts[writer->count - 1];
    writer->error = place_part(writer->place, writer->name, writer->id, writer->going.at, part) ? errno : 0;
    return NULL;
}

/* Until the part that is on its way is there. */
static int wait_sent(struct place_writer *writer) {
    if (writer->sending)
        pthread_join(writer->sender, NULL);
    writer->sending = false;
    errno = writer->error;
    return writer->error ? -1 : 0;
}

static int prepare(struct place_writer *writer) {
    if (!*writer->id) {
        place_tidy(writer->place, writer->name);
        if (place_begin(writer->place, writer->name, writer->id))
            return -1;
    }
    if (writer->count % PARTS_STEP)
        return 0;
    struct place_part *more = realloc(writer->parts, (writer->count + PARTS_STEP) * sizeof *more);
    if (!more)
        return -1;
    writer->parts = more;
    return 0;
}

static int send_part(struct place_writer *writer) {
    if (wait_sent(writer) || prepare(writer))
        return -1;
    writer->parts[writer->count] = (struct place_part){
        .number = (int)writer->count + 1, .offset = writer->offset, .bytes = (int64_t)writer->part.n};
    writer->count++;
    writer->offset += (int64_t)writer->part.n;
    struct buffer filled = writer->part;
    writer->part = writer->going;
    writer->part.n = 0;
    writer->going = filled;
    writer->sending = !pthread_create(&writer->sender, NULL, run, writer);
    if (writer->sending)
        return 0;
    run(writer);
    return wait_sent(writer);
}

int place_writer_append(struct place_writer *writer, const void *bytes, size_t n) {
    const char *from = bytes;
    while (n) {
        size_t room = writer->part_bytes - writer->part.n, some = n < room ? n : room;
        buffer_add(&writer->part, from, some);
        if (writer->part.failed) {
            errno = ENOMEM;
            return -1;
        }
        from += some;
        n -= some;
        if (writer->part.n == writer->part_bytes && send_part(writer))
            return -1;
    }
    return 0;
}

int place_writer_finish(struct place_writer *writer) {
    int rc;
    if (!writer->count)
        rc = place_put(writer->place, writer->name, writer->part.n ? writer->part.at : "", writer->part.n);
    else {
        rc = writer->part.n ? send_part(writer) : 0;
        if (!rc)
            rc = wait_sent(writer);
        if (!rc)
            rc = place_complete(writer->place, writer->name, writer->id, writer->parts, writer->count);
    }
    int error = errno;
    if (rc && *writer->id)
        place_abort(writer->place, writer->name, writer->id);
    end(writer);
    errno = error;
    return rc;
}

void place_writer_abort(struct place_writer *writer) {
    wait_sent(writer);
    if (*writer->id)
        place_abort(writer->place, writer->name, writer->id);
    end(writer);
}
