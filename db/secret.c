#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/pg.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

static int read_secret(const char *path, char to[65]) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t n = read(fd, to, 64);
    close(fd);
    to[n > 0 ? n : 0] = 0;
    return n == 64 ? 0 : -1;
}

static int make_secret(const char *path, char to[65]) {
    uint8_t raw[32];
    random_bytes(raw, sizeof raw);
    for (int i = 0; i < 32; i++)
        sprintf(to + 2 * i, "%02x", raw[i]);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST ? read_secret(path, to) : -1;
    bool good = write(fd, to, 64) == 64 && !fsync(fd);
    close(fd);
    return good ? 0 : -1;
}

int db_secret(const char *service, bool make, char to[65]) {
    char path[4200];
    if (config_path(path, sizeof path, "secrets"))
        return -1;
    if (make && mkdir(path, 0700) && errno != EEXIST)
        return -1;
    size_t n = strlen(path);
    snprintf(path + n, sizeof path - n, "/db_%s", service);
    if (!read_secret(path, to))
        return 0;
    return make ? make_secret(path, to) : -1;
}
