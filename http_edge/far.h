#ifndef ZOE_EDGE_FAR_H
#define ZOE_EDGE_FAR_H

#include "db/store/place.h"
#include "protocol/wire/contract.h"

/* An upload on its way into a bucket. Its bytes gather in memory until a part is full; what is left over when a request
 * ends lies in an object of its own, its tail, so that every byte that was answered for is safe. Nothing touches the
 * local disk. One thread at a time. */
struct far {
    char name[128], multipart[PLACE_ID_BYTES]; /* multipart "": no part was sent yet */
    int64_t fence, length, stored;             /* stored: in parts */
    int64_t tail, old_tail, old_fence;         /* the tail now, and the one that was found */
    int64_t old_stored;
    size_t old_parts;                      /* how many */
    bool temporary, recorded, grew, whole; /* whole: the object is complete, whatever still comes */
    int next_number;
    size_t part_bytes;
    struct buffer part, parts; /* the part that is filled; struct place_part of those that were sent */
};

/* For a lease; NULL when memory is out. */
struct far *far_new(const char *name, const struct upload_lease *lease, int64_t length);
/* For an object that nobody else knows of yet. */
struct far *far_new_temporary(const char *name, int64_t most);
void far_free(struct far *far);

/* These block, and return 0 or an errno. */
/* Gets the tail. */
int far_open(struct far *far);
/* Takes bytes; made->number is not 0 when they filled a part, which was sent. */
int far_write(struct far *far, const char *bytes, size_t n, struct place_part *made);
/* Makes safe what was taken: completes the object when it is whole, else puts the tail. */
int far_sync(struct far *far, struct place_part *made);
/* Removes the tail that was found, when it has been replaced, or the temporary object. */
void far_clean(struct far *far);

#endif
