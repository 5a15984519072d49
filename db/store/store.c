#include "db/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "db/store/place_parts.h"
#include "protocol/node/config.h"

static struct place *here;

int store_open(void) {
    char url[4300];
    if (*config()->media_url)
        snprintf(url, sizeof url, "%s", config()->media_url);
    else {
        char path[4200];
        if (config_path(path, sizeof path, "media"))
            return -1;
        snprintf(url, sizeof url, "file://%s", path);
    }
    here = place_open(url);
    return here ? 0 : -1;
}

struct place *store_place(void) {
    return here;
}

bool store_remote(void) {
    return !place_is_folder(here);
}

/* A bucket has no descriptors: the object, whole and in memory. */
static int fetch(const char *name) {
    struct place_get get = {.max = STORE_READ_BYTES};
    int fd = place_get(here, name, &get) ? -1 : memfd_create("store", MFD_CLOEXEC);
    bool good = fd >= 0;
    for (size_t at = 0; good && at < get.body.n;) {
        ssize_t wrote = write(fd, get.body.at + at, get.body.n - at);
        good = wrote > 0;
        at += good ? (size_t)wrote : 0;
    }
    int error = errno;
    buffer_free(&get.body);
    if (fd >= 0 && (!good || lseek(fd, 0, SEEK_SET))) {
        close(fd);
        fd = -1;
    }
    errno = error;
    return fd;
}

int store_read(const char *name) {
    return store_remote() ? fetch(name) : folder_descriptor(here, name, O_RDONLY);
}

int store_write(const char *name) {
    return folder_descriptor(here, name, O_WRONLY | O_CREAT);
}

int store_put(const char *name, const void *bytes, size_t n) {
    return place_put(here, name, bytes, n);
}

int64_t store_size(const char *name) {
    return place_size(here, name);
}

int store_delete(const char *name) {
    return place_delete(here, name);
}

int store_sweep(const char *name, int64_t seconds) {
    return place_sweep(here, name, seconds);
}

int64_t store_free_bytes(void) {
    return place_free_bytes(here);
}
