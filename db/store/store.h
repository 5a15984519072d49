#ifndef ZOE_DB_STORE_H
#define ZOE_DB_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/store/place.h"

/* The media store of this process, a place (place.h): names such as `assets/7-ab12/720p/segment_000.ts` below a folder
 * or in a bucket. A name has letters, digits and ._- in parts divided by single slashes; a part does not begin with a
 * dot. Nothing outside the folder is ever reached, links included. All calls may be made from any thread; those of a
 * bucket block. */

/* Opens the store that ZOE_MEDIA_URL names, making its folder; 0, or -1 (logged). Once a process. */
int store_open(void);

struct place *store_place(void);
/* It is no folder: there are no descriptors, and whoever must not block leaves its calls to another thread. */
bool store_remote(void);

enum { STORE_READ_BYTES = 64 << 20 };

/* A descriptor for reading, or -1 with errno (ENOENT, EINVAL for a bad name). The caller closes it. Of a bucket it is
 * memory with the object's bytes, at most STORE_READ_BYTES (EFBIG). */
int store_read(const char *name);

/* A descriptor for writing at any offset, made when it is not there (its folders too), or -1 with errno (ENOTSUP for a
 * bucket). */
int store_write(const char *name);

/* Puts a whole file: readers see the old bytes or the new ones, never a part. It is on the disk when this returns 0. */
int store_put(const char *name, const void *bytes, size_t n);

/* Bytes of a file, or -1 with errno. */
int64_t store_size(const char *name);

/* Removes a file, or a folder with all that is in it. 0, also when it was not there; -1 with errno. */
int store_delete(const char *name);

/* Removes the files of a folder (not of folders in it) that were last written `seconds` ago or longer. How many. */
int store_sweep(const char *name, int64_t seconds);

/* Bytes that are free where the store lies, or -1. */
int64_t store_free_bytes(void);

#endif
