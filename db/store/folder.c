#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/store/folder.h"
#include "protocol/node/clock.h"
#include "protocol/node/log.h"

enum { DEPTH_MAX = 8, PIECE_BYTES = 256 << 10 };

struct folder {
    struct place place; /* first: callers hold its address */
    int root;
};

int folder_root(struct place *place) {
    return ((struct folder *)place)->root;
}

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

/* --- files --- */

int folder_open_below(int root, const char *name, int flags) {
    struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC),
                           .mode = flags & O_CREAT ? 0600 : 0,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    return (int)syscall(SYS_openat2, root, name, &how, sizeof how);
}

static int make_parents(int root, const char *name) {
    char part[PLACE_NAME_BYTES];
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        memcpy(part, name, (size_t)(slash - name));
        part[slash - name] = 0;
        if (mkdirat(root, part, 0700) && errno != EEXIST)
            return -1;
    }
    return 0;
}

int folder_open_or_make(int root, const char *name) {
    int fd = folder_open_below(root, name, O_WRONLY | O_CREAT);
    if (fd >= 0 || errno != ENOENT || make_parents(root, name))
        return fd;
    return folder_open_below(root, name, O_WRONLY | O_CREAT);
}

int folder_descriptor(struct place *place, const char *name, int flags) {
    if (!place_is_folder(place)) {
        errno = ENOTSUP;
        return -1;
    }
    if (!place_name_good(name)) {
        errno = EINVAL;
        return -1;
    }
    return flags & O_CREAT ? folder_open_or_make(folder_root(place), name)
                           : folder_open_below(folder_root(place), name, flags);
}

int folder_write_all(int fd, const char *bytes, size_t n, int64_t at) {
    while (n) {
        ssize_t wrote = pwrite(fd, bytes, n, at);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return -1;
        bytes += wrote;
        at += wrote;
        n -= (size_t)wrote;
    }
    return 0;
}

int folder_rename(int root, const char *from, const char *to) {
    if (!renameat(root, from, root, to))
        return 0;
    int error = errno;
    unlinkat(root, from, 0);
    errno = error;
    return -1;
}

static int folder_put(struct place *place, const char *name, const void *bytes, size_t n) {
    char temporary[PLACE_NAME_BYTES + 32];
    int root = folder_root(place);
    snprintf(temporary, sizeof temporary, "%s.new%016llx", name, (unsigned long long)random_u64());
    int fd = folder_open_or_make(root, temporary);
    if (fd < 0)
        return -1;
    bool good = !folder_write_all(fd, bytes, n, 0) && !fdatasync(fd);
    int error = errno;
    close(fd);
    if (good)
        return folder_rename(root, temporary, name);
    unlinkat(root, temporary, 0);
    errno = error;
    return -1;
}

/* --- reading --- */

static void tag_of(const struct stat *stat, char etag[PLACE_ETAG_BYTES]) {
    snprintf(etag, PLACE_ETAG_BYTES, "\"%llx-%llx-%lx\"", (unsigned long long)stat->st_ino,
             (unsigned long long)stat->st_size, stat->st_mtim.tv_sec * 1000000000 + stat->st_mtim.tv_nsec);
}

/* How many bytes were read, fewer only at the file's end; -1 with errno. */
static ssize_t read_all(int fd, char *to, size_t n, int64_t from) {
    size_t done = 0;
    while (done < n) {
        ssize_t got = pread(fd, to + done, n - done, from + (int64_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (!got)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static int give_away(int fd, struct place_get *get, int64_t n) {
    char *piece = malloc(PIECE_BYTES);
    bool good = piece != NULL;
    for (get->taken = 0; good && get->taken < n;) {
        int64_t left = n - get->taken;
        ssize_t got = read_all(fd, piece, left < PIECE_BYTES ? (size_t)left : PIECE_BYTES, get->offset + get->taken);
        if (!got)
            break;
        good = got > 0 && !get->take(get->self, get->taken, piece, (size_t)got);
        get->taken += good ? got : 0;
    }
    int error = errno;
    free(piece);
    errno = error;
    return good ? 0 : -1;
}

static int read_part(int fd, struct place_get *get, int64_t n) {
    if (get->take)
        return give_away(fd, get, n);
    get->body.n = 0;
    buffer_reserve(&get->body, (size_t)n + 1);
    errno = ENOMEM;
    ssize_t got = get->body.failed ? -1 : read_all(fd, get->body.at, (size_t)n, get->offset);
    get->body.n = got < 0 ? 0 : (size_t)got;
    return got < 0 ? -1 : 0;
}

static int folder_get(struct place *place, const char *name, struct place_get *get) {
    struct stat stat;
    int rc = -1, fd = folder_open_below(folder_root(place), name, O_RDONLY);
    if (fd < 0)
        return -1;
    if (fstat(fd, &stat))
        goto done;
    errno = EISDIR;
    if (!S_ISREG(stat.st_mode))
        goto done;
    tag_of(&stat, get->etag);
    get->size = stat.st_size;
    get->unchanged = get->unless && !strcmp(get->unless, get->etag);
    int64_t left = stat.st_size > get->offset ? stat.st_size - get->offset : 0;
    if (get->count && get->count < left)
        left = get->count;
    errno = EFBIG;
    if (get->unchanged)
        rc = 0;
    else if ((uint64_t)left <= get->max)
        rc = read_part(fd, get, left);
done:
    close(fd);
    return rc;
}

static int64_t folder_size(struct place *place, const char *name) {
    struct stat stat;
    int fd = folder_open_below(folder_root(place), name, O_PATH);
    if (fd < 0)
        return -1;
    int rc = fstat(fd, &stat);
    close(fd);
    return rc ? -1 : stat.st_size;
}

/* --- removing --- */

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

static int folder_remove(struct place *place, const char *name) {
    char parent[PLACE_NAME_BYTES];
    int root = folder_root(place);
    snprintf(parent, sizeof parent, "%s", name);
    char *slash = strrchr(parent, '/');
    if (!slash)
        return delete_in(root, name, 0);
    *slash = 0;
    int fd = folder_open_below(root, parent, O_PATH | O_DIRECTORY);
    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    int rc = delete_in(fd, slash + 1, 0);
    close(fd);
    return rc;
}

static int folder_sweep(struct place *place, const char *name, int64_t seconds) {
    struct stat stat;
    int count = 0, fd = folder_open_below(folder_root(place), name, O_RDONLY | O_DIRECTORY);
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

/* --- listing, in the order of S3: by the bytes of the whole names --- */

struct listing {
    const char *prefix, *after;
    int (*each)(void *self, const char *name, int64_t bytes);
    void *self;
};

bool folder_is_temporary(const char *end) {
    return !strncmp(end, ".new", 4) && strlen(end + 4) == 16 && strspn(end + 4, "0123456789abcdef") == 16;
}

/* What is just being written is no object yet. */
static int only_names(const struct dirent *entry) {
    const char *fresh = strstr(entry->d_name, ".new");
    return entry->d_name[0] != '.' && !(fresh && folder_is_temporary(fresh));
}

/* "a.b" stands before "a/b": a folder counts with its slash. */
static int by_bytes(const struct dirent **a, const struct dirent **b) {
    char x[300], y[300];
    snprintf(x, sizeof x, "%s%s", (*a)->d_name, (*a)->d_type == DT_DIR ? "/" : "");
    snprintf(y, sizeof y, "%s%s", (*b)->d_name, (*b)->d_type == DT_DIR ? "/" : "");
    return strcmp(x, y);
}

static bool wanted(const struct listing *listing, const char *name, bool folder) {
    size_t n = strlen(name), prefix = strlen(listing->prefix);
    if (strncmp(name, listing->prefix, n < prefix ? n : prefix) != 0 || (!folder && n < prefix))
        return false;
    if (!listing->after)
        return true;
    return folder ? strncmp(name, listing->after, n) >= 0 : strcmp(name, listing->after) > 0;
}

static int list_in(int folder, const char *name, const struct listing *listing, int depth) {
    struct dirent **entries;
    int n = depth > DEPTH_MAX ? 0 : scandirat(folder, *name ? name : ".", &entries, only_names, by_bytes), rc = 0;
    if (depth > DEPTH_MAX || n < 0)
        return depth > DEPTH_MAX || errno == ENOENT ? 0 : -1;
    for (int i = 0; i < n; i++) {
        char path[PLACE_NAME_BYTES];
        struct stat stat;
        bool inside = entries[i]->d_type == DT_DIR;
        int length = snprintf(path, sizeof path, "%s%s%s", name, *name ? "/" : "", entries[i]->d_name);
        free(entries[i]);
        if (rc || length >= (int)sizeof path || !place_name_good(path) || !wanted(listing, path, inside))
            continue;
        if (inside)
            rc = list_in(folder, path, listing, depth + 1);
        else if (!fstatat(folder, path, &stat, AT_SYMLINK_NOFOLLOW) && S_ISREG(stat.st_mode))
            rc = listing->each(listing->self, path, stat.st_size) ? 1 : 0;
    }
    free(entries);
    return rc;
}

static int folder_list(struct place *place, const char *prefix, const char *after,
                       int (*each)(void *self, const char *name, int64_t bytes), void *self) {
    struct listing listing = {prefix, after, each, self};
    int fd = openat(folder_root(place), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int rc = list_in(fd, "", &listing, 0);
    close(fd);
    return rc < 0 ? -1 : 0;
}

static int folder_sign(struct place *place, const char *name, int64_t when, int64_t seconds, struct buffer *to) {
    (void)place, (void)name, (void)when, (void)seconds, (void)to;
    errno = ENOTSUP;
    return -1;
}

static int64_t folder_free_bytes(struct place *place) {
    struct statvfs stat;
    return fstatvfs(folder_root(place), &stat) ? -1 : (int64_t)stat.f_bavail * (int64_t)stat.f_frsize;
}

static void folder_close(struct place *place) {
    close(folder_root(place));
    free(place);
}

static const struct place_calls calls = {
    .put = folder_put,
    .get = folder_get,
    .size = folder_size,
    .remove = folder_remove,
    .sweep = folder_sweep,
    .list = folder_list,
    .sign = folder_sign,
    .begin = folder_begin,
    .part = folder_part,
    .part_write = folder_part_write,
    .part_copy = folder_part_copy,
    .complete = folder_complete,
    .abort = folder_abort,
    .tidy = folder_tidy,
    .free_bytes = folder_free_bytes,
    .close = folder_close,
};

bool place_is_folder(const struct place *place) {
    return place->calls == &calls;
}

struct place *folder_open(const char *path) {
    struct folder *folder = calloc(1, sizeof *folder);
    if (folder && !make_folders(path) && (folder->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)) >= 0) {
        folder->place.calls = &calls;
        return &folder->place;
    }
    log_error(NULL, "store_failed", "path=%s error=%s", log_value(path), log_value(strerror(errno)));
    free(folder);
    return NULL;
}
