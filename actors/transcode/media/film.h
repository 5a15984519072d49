#ifndef ZOE_MEDIA_FILM_H
#define ZOE_MEDIA_FILM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The bytes behind MEDIA_FD_FILM: a file, or a socket whose other end is asked for them. */

/* How many there are; -1 with errno. Once, before film_read(). */
int64_t film_bytes(void);
/* Some of them, 0 at the end, -1 with errno. */
ssize_t film_read(void *to, size_t n, int64_t offset);

#endif
