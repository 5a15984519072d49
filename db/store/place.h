#ifndef ZOE_DB_STORE_PLACE_H
#define ZOE_DB_STORE_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/wire/buffer.h"

/* A place where media lies: a folder or a bucket of an S3 server. Names are those of store.h. All calls may be made
 * from any thread; those of a bucket block until it has answered, with retries (seconds when it is sick). They return
 * -1 with errno: ENOENT, EINVAL for a bad name, EACCES, ENOSPC, EFBIG, EIO for everything else. */
struct place;

enum { PLACE_NAME_BYTES = 512, PLACE_ID_BYTES = 512, PLACE_ETAG_BYTES = 80, PLACE_PART_MIN_BYTES = 5 << 20 };

/* Opens file://FOLDER (made when it is not there) or
 * s3://BUCKET[/PREFIX]?endpoint=URL&region=NAME&style=path|host; NULL, with one line in the log. */
struct place *place_open(const char *url);
void place_close(struct place *place);
bool place_is_folder(const struct place *place);

/* Whether `name` may be a name. */
bool place_name_good(const char *name);

/* Puts a whole object: readers see the old bytes or the new ones, never a part. */
int place_put(struct place *place, const char *name, const void *bytes, size_t n);

/* What place_get() wants and gets. */
struct place_get {
    int64_t offset, count;       /* count 0: from offset to the end */
    const char *unless;          /* an ETag: the bytes are not wanted again */
    size_t max;                  /* more bytes than this are EFBIG */
    char etag[PLACE_ETAG_BYTES]; /* with its quotes */
    int64_t size;                /* of the whole object */
    bool unchanged;              /* `unless` is still its ETag */
    struct buffer body; /* the caller frees it; memory that is in it before is used, what it holds is not kept */
    /* When set, the bytes go there as they come, and none into `body`: those from `at` bytes behind `offset` on. After
     * a fault the place begins again, with `at` 0. Not 0, with errno: that is what place_get() fails with. */
    int (*take)(void *self, int64_t at, const char *bytes, size_t n);
    void *self;
    int64_t taken; /* how many bytes went there */
};
int place_get(struct place *place, const char *name, struct place_get *get);

/* Bytes of an object. */
int64_t place_size(struct place *place, const char *name);

/* Removes an object, or all that is below NAME/, what was begun there and not completed too. 0 also when there was
 * none.
 */
int place_delete(struct place *place, const char *name);

/* Removes the objects right below NAME/ that were last written `seconds` ago or longer. How many. */
int place_sweep(struct place *place, const char *name, int64_t seconds);

/* Calls `each` for the objects whose names begin with `prefix`, in the order of their names, those after `after` (NULL:
 * all); it returns non-zero to stop. 0, or -1. */
int place_list(struct place *place, const char *prefix, const char *after,
               int (*each)(void *self, const char *name, int64_t bytes), void *self);

/* Appends an address from which anybody can get the object for `seconds` from `when` (seconds since 1970) on. -1 with
 * ENOTSUP when the place has none. Does not block. */
int place_sign(struct place *place, const char *name, int64_t when, int64_t seconds, struct buffer *to);

/* An object in parts, all of the same size of at least PLACE_PART_MIN_BYTES, but for the last; numbers from 1 to 10000
 * in the order of the bytes, gaps allowed. It is not there before it is complete. */
struct place_part {
    int number;
    int64_t offset, bytes;
    char etag[PLACE_ETAG_BYTES];
};
int place_begin(struct place *place, const char *name, char id[PLACE_ID_BYTES]);
/* Sets part->etag. */
int place_part(struct place *place, const char *name, const char *id, const void *bytes, struct place_part *part);
/* Writes `n` of the part's bytes, those from `at` on, so that a part need not be whole in memory; when all of them are
 * written the part is as place_part() makes it. ENOTSUP when the place takes whole parts only. */
int place_part_write(struct place *place, const char *name, const char *id, int64_t at, const void *bytes, size_t n,
                     struct place_part *part);
/* The same as place_part() with part->bytes bytes of the object `from`, from `offset` on: the place copies them itself.
 * ENOTSUP when it cannot, then they are read and sent. */
int place_part_copy(struct place *place, const char *name, const char *id, const char *from, int64_t offset,
                    struct place_part *part);
/* Completing twice is success when the object is there with the size of its parts. */
int place_complete(struct place *place, const char *name, const char *id, const struct place_part *parts, size_t n);
/* 0 also when there is no such thing. */
int place_abort(struct place *place, const char *name, const char *id);
/* Aborts all that was begun under this name and is neither complete nor aborted: of those that died on the way. Only
 * for who alone may write it. A failure (a key that may not list) costs no more than the room. */
int place_tidy(struct place *place, const char *name);

/* Bytes that are free, INT64_MAX when nobody knows a bound, or -1. */
int64_t place_free_bytes(struct place *place);

/* An object of unknown length that is written as its bytes come. */
struct place_writer;
/* `expected`: about how many bytes will come, for the size of the parts. NULL with errno. */
struct place_writer *place_writer_open(struct place *place, const char *name, int64_t expected);
int place_writer_append(struct place_writer *writer, const void *bytes, size_t n);
/* Both end the writer. The object is there when finish returned 0, else nothing is. */
int place_writer_finish(struct place_writer *writer);
void place_writer_abort(struct place_writer *writer);

/* Copies an object of `bytes` into another place; `tell` is called on the way, in the caller's thread. When it fails
 * (ENOENT: it is gone, or became shorter) nothing is left there. */
int place_copy(struct place *from, struct place *to, const char *name, int64_t bytes, void (*tell)(void *self),
               void *self);

/* The size of parts for an object of this length. */
int64_t place_part_bytes(int64_t length);

#endif
