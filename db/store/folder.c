#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/store/store.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"
#include "protocol/node/log.h"

enum { NAME_BYTES = 512, DEPTH_MAX = 8 };

static int root = -1;

static int make_folders(const char *path) {
    char part[4200];
    size_t n = strlen(path);
    if (n >= sizeof part)
        return -1;
    for (size_t i = 1; i <= n; i++) {
        if (path[i] && path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, 0700) && errno != EEXIST)
            return -1;
    }
    return 0;
}

int store_open(void) {
    char path[4200];
    const char *url = config()->media_url;
    if (*url && strncmp(url, "file://", 7)) {
        log_error(NULL, "store_failed", "url=%s error=\"only file:// is known\"", log_value(url));
        return -1;
    }
    if (*url)
        snprintf(path, sizeof path, "%s", url + 7);
    else if (config_path(path, sizeof path, "media"))
        return -1;
    if (make_folders(path) || (root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0) {
        log_error(NULL, "store_failed", "path=%s error=%s", log_value(path), log_value(strerror(errno)));
        return -1;
    }
    return 0;
}

static bool good_name(const char *name) {
    size_t n = strlen(name);
    if (!n || n >= NAME_BYTES || name[n - 1] == '/')
        return false;
    bool begins = true;
    for (const char *at = name; *at; at++) {
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9');
        if (begins ? !letter : !letter && !strchr("._-/", *at))
            return false;
        begins = *at == '/';
    }
    return true;
}

static int open_name(const char *name, int flags) {
    if (!good_name(name)) {
        errno = EINVAL;
        return -1;
    }
    struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC),
                           .mode = flags & O_CREAT ? 0600 : 0,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    return (int)syscall(SYS_openat2, root, name, &how, sizeof how);
}

int store_read(const char *name) {
    return open_name(name, O_RDONLY);
}

static int make_parents(const char *name) {
    char part[NAME_BYTES];
    if (!good_name(name)) {
        errno = EINVAL;
        return -1;
    }
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        memcpy(part, name, (size_t)(slash - name));
        part[slash - name] = 0;
        if (mkdirat(root, part, 0700) && errno != EEXIST)
            return -1;
    }
    return 0;
}

int store_write(const char *name) {
    int fd = open_name(name, O_WRONLY | O_CREAT);
    if (fd >= 0 || errno != ENOENT || make_parents(name))
        return fd;
    return open_name(name, O_WRONLY | O_CREAT);
}

static int write_all(int fd, const char *bytes, size_t n) {
    while (n) {
        ssize_t wrote = write(fd, bytes, n);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return -1;
        bytes += wrote;
        n -= (size_t)wrote;
    }
    return 0;
}

int store_put(const char *name, const void *bytes, size_t n) {
    char temporary[NAME_BYTES + 32];
    snprintf(temporary, sizeof temporary, "%s.new%016llx", name, (unsigned long long)random_u64());
    int fd = store_write(temporary);
    if (fd < 0)
        return -1;
    bool good = !write_all(fd, bytes, n) && !fdatasync(fd);
    int error = errno;
    close(fd);
    if (good && !renameat(root, temporary, root, name))
        return 0;
    if (good)
        error = errno;
    unlinkat(root, temporary, 0);
    errno = error;
    return -1;
}

int64_t store_size(const char *name) {
    struct stat stat;
    int fd = open_name(name, O_PATH);
    if (fd < 0)
        return -1;
    int rc = fstat(fd, &stat);
    close(fd);
    return rc ? -1 : stat.st_size;
}

static int delete_in(int folder, const char *name, int depth) {
    if (!unlinkat(folder, name, 0) || errno == ENOENT)
        return 0;
    if ((errno != EISDIR && errno != EPERM) || depth > DEPTH_MAX)
        return -1;
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    if (!entries)
        return -1;
    int rc = 0;
    for (struct dirent *entry; !rc && (entry = readdir(entries));)
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            rc = delete_in(dirfd(entries), entry->d_name, depth + 1);
    closedir(entries);
    return rc || unlinkat(folder, name, AT_REMOVEDIR) ? -1 : 0;
}

int store_delete(const char *name) {
    char parent[NAME_BYTES];
    if (!good_name(name)) {
        errno = EINVAL;
        return -1;
    }
    snprintf(parent, sizeof parent, "%s", name);
    char *slash = strrchr(parent, '/');
    if (!slash)
        return delete_in(root, name, 0);
    *slash = 0;
    int fd = open_name(parent, O_PATH | O_DIRECTORY);
    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    int rc = delete_in(fd, slash + 1, 0);
    close(fd);
    return rc;
}

int store_sweep(const char *name, int64_t seconds) {
    struct stat stat;
    int count = 0, fd = open_name(name, O_RDONLY | O_DIRECTORY);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    if (!entries)
        return 0;
    int64_t before = clock_wall_ms() / 1000 - seconds;
    for (struct dirent *entry; (entry = readdir(entries));)
        if (!fstatat(dirfd(entries), entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) && S_ISREG(stat.st_mode) &&
            stat.st_mtim.tv_sec <= before && !unlinkat(dirfd(entries), entry->d_name, 0))
            count++;
    closedir(entries);
    return count;
}

int64_t store_free_bytes(void) {
    struct statvfs stat;
    return fstatvfs(root, &stat) ? -1 : (int64_t)stat.f_bavail * (int64_t)stat.f_frsize;
}
