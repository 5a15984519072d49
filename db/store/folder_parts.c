#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "db/store/folder.h"
#include "protocol/node/clock.h"

/* Objects of a folder in parts: a file beside the final one, renamed when it is whole. */

static int part_name(const char *name, const char *id, char to[PLACE_NAME_BYTES + 32]) {
    if (strlen(id) == 16 && strspn(id, "0123456789abcdef") == 16) {
        snprintf(to, PLACE_NAME_BYTES + 32, "%s.new%s", name, id);
        return 0;
    }
    errno = EINVAL;
    return -1;
}

int folder_begin(struct place *place, const char *name, char id[PLACE_ID_BYTES]) {
    char temporary[PLACE_NAME_BYTES + 32];
    snprintf(id, PLACE_ID_BYTES, "%016llx", (unsigned long long)random_u64());
    int fd = part_name(name, id, temporary) ? -1 : folder_open_or_make(folder_root(place), temporary);
    if (fd < 0)
        return -1;
    close(fd);
    return 0;
}

int folder_part_write(struct place *place, const char *name, const char *id, int64_t at, const void *bytes, size_t n,
                      struct place_part *part) {
    char temporary[PLACE_NAME_BYTES + 32];
    int fd = part_name(name, id, temporary) ? -1 : folder_open_below(folder_root(place), temporary, O_WRONLY);
    if (fd < 0)
        return -1;
    int rc = folder_write_all(fd, bytes, n, part->offset + at);
    int error = errno;
    /* The disk begins with what is whole, so that little is left to wait for in the end. */
    if (!rc && at + (int64_t)n == part->bytes)
        sync_file_range(fd, part->offset, part->bytes, SYNC_FILE_RANGE_WRITE);
    close(fd);
    snprintf(part->etag, sizeof part->etag, "\"%d\"", part->number);
    errno = error;
    return rc;
}

int folder_part(struct place *place, const char *name, const char *id, const void *bytes, struct place_part *part) {
    return folder_part_write(place, name, id, 0, bytes, (size_t)part->bytes, part);
}

static int copy_all(int from, off_t offset, int to, off_t at, int64_t n) {
    while (n) {
        ssize_t some = copy_file_range(from, &offset, to, &at, (size_t)n, 0);
        if (some < 0 && errno == EINTR)
            continue;
        if (some <= 0) {
            errno = !some ? EIO : errno == EXDEV || errno == ENOSYS || errno == EOPNOTSUPP ? ENOTSUP : errno;
            return -1;
        }
        n -= some;
    }
    return 0;
}

int folder_part_copy(struct place *place, const char *name, const char *id, const char *from, int64_t offset,
                     struct place_part *part) {
    char temporary[PLACE_NAME_BYTES + 32];
    int to = part_name(name, id, temporary) ? -1 : folder_open_below(folder_root(place), temporary, O_WRONLY);
    int source = to < 0 ? -1 : folder_open_below(folder_root(place), from, O_RDONLY);
    int rc = source < 0 ? -1 : copy_all(source, offset, to, part->offset, part->bytes);
    int error = errno;
    if (to >= 0)
        close(to);
    if (source >= 0)
        close(source);
    snprintf(part->etag, sizeof part->etag, "\"%d\"", part->number);
    errno = error;
    return rc;
}

int folder_complete(struct place *place, const char *name, const char *id, const struct place_part *parts, size_t n) {
    char temporary[PLACE_NAME_BYTES + 32];
    int64_t bytes = n ? parts[n - 1].offset + parts[n - 1].bytes : 0;
    int root = folder_root(place),
        fd = part_name(name, id, temporary) ? -1 : folder_open_below(root, temporary, O_WRONLY);
    if (fd < 0)
        return errno == ENOENT && place_size(place, name) == bytes ? 0 : -1;
    int rc = ftruncate(fd, bytes) || fdatasync(fd);
    int error = errno;
    close(fd);
    errno = error;
    return rc ? -1 : folder_rename(root, temporary, name);
}

int folder_abort(struct place *place, const char *name, const char *id) {
    char temporary[PLACE_NAME_BYTES + 32];
    if (part_name(name, id, temporary))
        return -1;
    return unlinkat(folder_root(place), temporary, 0) && errno != ENOENT ? -1 : 0;
}

/* The temporary files beside it. */
int folder_tidy(struct place *place, const char *name) {
    const char *slash = strrchr(name, '/'), *leaf = slash ? slash + 1 : name;
    char parent[PLACE_NAME_BYTES] = ".";
    size_t n = strlen(leaf);
    if (slash)
        snprintf(parent, sizeof parent, "%.*s", (int)(slash - name), name);
    int rc = 0, fd = folder_open_below(folder_root(place), parent, O_RDONLY | O_DIRECTORY);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    if (!entries)
        return errno == ENOENT ? 0 : -1;
    for (struct dirent *entry; (entry = readdir(entries));)
        if (!strncmp(entry->d_name, leaf, n) && folder_is_temporary(entry->d_name + n))
            rc |= unlinkat(fd, entry->d_name, 0);
    closedir(entries);
    return rc;
}
