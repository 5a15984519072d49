#ifndef ZOE_DB_STORE_FOLDER_H
#define ZOE_DB_STORE_FOLDER_H

#include "db/store/place_parts.h"

/* What the files of this kind of place share. `root` is the descriptor of the folder; names were checked. */
int folder_root(struct place *place);
/* -1 with errno. Links are not followed, and nothing outside is reached. */
int folder_open_below(int root, const char *name, int flags);
/* For writing, with the folders above it. */
int folder_open_or_make(int root, const char *name);
int folder_write_all(int fd, const char *bytes, size_t n, int64_t at);
/* Removes `from` when it fails. */
int folder_rename(int root, const char *from, const char *to);
/* Whether that is how a name goes on that is just being written. */
bool folder_is_temporary(const char *end);

/* folder_parts.c: calls of a place (place.h). */
int folder_begin(struct place *place, const char *name, char id[PLACE_ID_BYTES]);
int folder_part_write(struct place *place, const char *name, const char *id, int64_t at, const void *bytes, size_t n,
                      struct place_part *part);
int folder_part(struct place *place, const char *name, const char *id, const void *bytes, struct place_part *part);
int folder_part_copy(struct place *place, const char *name, const char *id, const char *from, int64_t offset,
                     struct place_part *part);
int folder_complete(struct place *place, const char *name, const char *id, const struct place_part *parts, size_t n);
int folder_abort(struct place *place, const char *name, const char *id);
int folder_tidy(struct place *place, const char *name);

#endif
