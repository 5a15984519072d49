#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actors/mail/mail.h"
#include "protocol/node/config.h"

static char folder[4200];

/* Again before each letter: somebody may clear the folder away while we run. */
static int make_folder(void) {
    char part[sizeof folder];
    for (size_t i = 1; i <= strlen(folder); i++) {
        if (folder[i] && folder[i] != '/')
            continue;
        memcpy(part, folder, i);
        part[i] = 0;
        if (mkdir(part, 0700) && errno != EEXIST)
            return -1;
    }
    return 0;
}

int folder_open(const char *url, const char **why) {
    int n = *url ? snprintf(folder, sizeof folder, "%s", strncmp(url, "file://", 7) ? "" : url + 7)
                 : config_path(folder, sizeof folder, "mail");
    if (n < 0 || (size_t)n >= sizeof folder || !*folder) {
        *why = "must be file:// and a folder";
        return -1;
    }
    if (make_folder() || access(folder, W_OK | X_OK)) {
        *why = "its folder cannot be made or written";
        return -1;
    }
    return 0;
}

static int write_all(int fd, const struct buffer *letter) {
    for (size_t at = 0; at < letter->n;) {
        ssize_t n = write(fd, letter->at + at, letter->n - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        at += (size_t)n;
    }
    return fsync(fd);
}

static int write_file(const char *path, const struct buffer *letter) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    int rc = write_all(fd, letter), error = errno;
    close(fd);
    errno = error;
    return rc;
}

static int sync_folder(void) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int rc = fsync(fd);
    close(fd);
    return rc;
}

/* Both names come from the letter's number: what was written before a crash is replaced by the same letter, and nothing
 * is left over. */
enum outcome folder_deliver(const struct post *post, const struct buffer *letter, char why[200]) {
    char path[sizeof folder + 80], part[sizeof path];
    snprintf(path, sizeof path, "%s/%08lld-%s.eml", folder, (long long)post->id, post->kind);
    snprintf(part, sizeof part, "%s/.%08lld.part", folder, (long long)post->id);
    if (make_folder() || write_file(part, letter) || rename(part, path) || sync_folder()) {
        snprintf(why, 200, "file: %s", strerror(errno));
        unlink(part);
        return DELIVER_LATER;
    }
    return DELIVERED;
}
