#ifndef ZOE_DB_STORE_PLACE_PARTS_H
#define ZOE_DB_STORE_PLACE_PARTS_H

#include "db/store/place.h"

/* What a kind of place has to do; see place.h. Names were checked. */
struct place_calls {
    int (*put)(struct place *place, const char *name, const void *bytes, size_t n);
    int (*get)(struct place *place, const char *name, struct place_get *get);
    int64_t (*size)(struct place *place, const char *name);
    int (*remove)(struct place *place, const char *name);
    int (*sweep)(struct place *place, const char *name, int64_t seconds);
    int (*list)(struct place *place, const char *prefix, const char *after,
                int (*each)(void *self, const char *name, int64_t bytes), void *self);
    int (*sign)(struct place *place, const char *name, int64_t when, int64_t seconds, struct buffer *to);
    int (*begin)(struct place *place, const char *name, char id[PLACE_ID_BYTES]);
    int (*part)(struct place *place, const char *name, const char *id, const void *bytes, struct place_part *part);
    /* NULL: only whole parts */
    int (*part_write)(struct place *place, const char *name, const char *id, int64_t at, const void *bytes, size_t n,
                      struct place_part *part);
    int (*part_copy)(struct place *place, const char *name, const char *id, const char *from, int64_t offset,
                     struct place_part *part);
    int (*complete)(struct place *place, const char *name, const char *id, const struct place_part *parts, size_t n);
    int (*abort)(struct place *place, const char *name, const char *id);
    int (*tidy)(struct place *place, const char *name);
    int64_t (*free_bytes)(struct place *place);
    void (*close)(struct place *place);
};

struct place {
    const struct place_calls *calls;
};

/* Each by its kind of URL; NULL, logged. */
struct place *folder_open(const char *path);
struct place *s3_open(const char *url);

/* folder.c, for what needs a descriptor. */
int folder_descriptor(struct place *place, const char *name, int flags);

#endif
