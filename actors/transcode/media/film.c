#include "actors/transcode/media/film.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include "actors/transcode/media/media.h"

static bool asked; /* a socket */

static int read_exactly(void *to, size_t n) {
    for (size_t got = 0; got < n;) {
        ssize_t more = read(MEDIA_FD_FILM, (char *)to + got, n - got);
        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0) {
            errno = more ? errno : EPIPE;
            return -1;
        }
        got += (size_t)more;
    }
    return 0;
}

static int64_t ask(int64_t offset, uint32_t bytes) {
    struct media_ask what = {.offset = offset, .bytes = bytes};
    struct media_said said;
    if (write(MEDIA_FD_FILM, &what, sizeof what) != sizeof what || read_exactly(&said, sizeof said))
        return -1;
    if (said.bytes < 0 || (bytes && said.bytes > bytes)) {
        errno = EIO;
        return -1;
    }
    return said.bytes;
}

int64_t film_bytes(void) {
    /* Not fstat: libc makes it a call that can also look at paths, which the sandbox refuses. */
    int64_t bytes = lseek(MEDIA_FD_FILM, 0, SEEK_END);
    if (bytes >= 0 || errno != ESPIPE)
        return bytes;
    asked = true;
    return ask(0, 0);
}

ssize_t film_read(void *to, size_t n, int64_t offset) {
    ssize_t got;
    if (asked) {
        int64_t bytes = n ? ask(offset, n < MEDIA_ASK_MAX_BYTES ? (uint32_t)n : MEDIA_ASK_MAX_BYTES) : 0;
        return bytes > 0 && read_exactly(to, (size_t)bytes) ? -1 : (ssize_t)bytes;
    }
    do
        got = pread(MEDIA_FD_FILM, to, n, offset);
    while (got < 0 && errno == EINTR);
    return got;
}
