#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/zoectl/zoectl.h"
#include "db/store/store.h"
#include "protocol/node/log.h"

/* Films that do not come through an edge: they are put into the store as an edge would put them there. */

enum { PIECE_BYTES = 8 << 20 };

/* 0, or -1 with errno. */
static int copy(int file, struct place_writer *writer) {
    static char piece[PIECE_BYTES];
    for (;;) {
        ssize_t n = read(file, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return (int)n;
        if (place_writer_append(writer, piece, (size_t)n))
            return -1;
    }
}

static int store(int file, const char *upload, int64_t bytes) {
    char name[100];
    snprintf(name, sizeof name, "uploads/%s", upload);
    struct place_writer *writer = place_writer_open(store_place(), name, bytes);
    if (!writer)
        return -1;
    if (!copy(file, writer))
        return place_writer_finish(writer);
    int error = errno;
    place_writer_abort(writer);
    errno = error;
    return -1;
}

static int upload(struct zoectl_call *call, const struct upload_new *ask, int file) {
    char id[65];
    int rc = zoectl_tell(MSG_transcode_open, ask, call);
    if (rc)
        return rc;
    snprintf(id, sizeof id, "%s", ((const struct upload *)call->answer)->id);
    if (!store(file, id, ask->length))
        return zoectl_tell(MSG_transcode_finish, &(struct upload_ref){.id = id}, call);
    zoectl_complain("%s: %s", log_value(ask->filename), strerror(errno));
    zoectl_tell(MSG_transcode_abort, &(struct upload_ref){.id = id}, call);
    return EX_IOERR;
}

int film_upload(int64_t title, int file, int64_t bytes, const char *name) {
    const char *slash = strrchr(name, '/');
    struct upload_new ask = {
        .title_id = title, .has_title_id = true, .length = bytes, .filename = slash ? slash + 1 : name};
    struct zoectl_call call = {.arena = arena_new()};
    int rc = call.arena ? upload(&call, &ask, file) : EX_OSERR;
    arena_free(call.arena);
    return rc;
}

int film_put(const char *title, const char *path) {
    struct stat stat_;
    int64_t id = 0;
    int rc = EX_NOINPUT, file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &stat_) || !S_ISREG(stat_.st_mode))
        zoectl_complain("%s cannot be read", path);
    else if (!(rc = title_find(title, &id)))
        rc = store_open() ? EX_UNAVAILABLE : film_upload(id, file, stat_.st_size, path);
    if (file >= 0)
        close(file);
    return rc;
}
