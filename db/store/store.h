#ifndef ZOE_DB_STORE_H
#define ZOE_DB_STORE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The media store: names such as `assets/7-ab12/720p/segment_000.ts` below one folder. A name has letters, digits and
 * ._- in parts divided by single slashes; a part does not begin with a dot. Nothing outside the folder is ever reached,
 * links included. All calls may be made from any thread. */

/* Opens the store that ZOE_MEDIA_URL names, making its folder; 0, or -1 (logged). Once a process. */
int store_open(void);

/* A descriptor for reading, or -1 with errno (ENOENT, EINVAL for a bad name). The caller closes it. */
int store_read(const char *name);

/* A descriptor for writing at any offset, made when it is not there (its folders too), or -1 with errno. */
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
