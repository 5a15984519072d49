#include "systemd/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILE_BYTES = 16 << 20, OLD_FILES = 4, LINE_BYTES = 1024, PIPE_BYTES = 1 << 20, PATH_BYTES = 4096 };

static struct {
    char path[PATH_BYTES];
    int file, source, sink;
    off_t size;
    bool terminal, in_line;
} out = {.file = -1, .source = -1, .sink = -1};

static int open_file(void) {
    struct stat stat;
    out.file = open(out.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (out.file < 0 || fstat(out.file, &stat))
        return -1;
    out.size = stat.st_size;
    return 0;
}

int log_open(const char *folder, bool terminal) {
    int ends[2];
    int n = snprintf(out.path, sizeof out.path, "%s/zoe.log", folder);
    if (n < 0 || n >= (int)sizeof out.path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    out.terminal = terminal;
    if (open_file() || pipe2(ends, O_CLOEXEC))
        return -1;
    out.source = ends[0];
    out.sink = ends[1];
    /* Only the reading end: a child that cannot write its log has to wait, not to lose it. */
    fcntl(out.source, F_SETFL, O_NONBLOCK);
    /* Room for a burst; a smaller pipe does as well when the system allows no more. */
    fcntl(out.sink, F_SETPIPE_SZ, PIPE_BYTES);
    return 0;
}

int log_pipe(void) {
    return out.sink;
}

int log_source(void) {
    return out.source;
}

/* zoe.log becomes zoe.log.1, and so on; the oldest is dropped. */
static void turn_over(void) {
    char from[PATH_BYTES + 16], to[PATH_BYTES + 16];
    for (int i = OLD_FILES; i > 0; i--) {
        snprintf(to, sizeof to, "%s.%d", out.path, i);
        snprintf(from, sizeof from, i > 1 ? "%s.%d" : "%s", out.path, i - 1);
        rename(from, to);
    }
    close(out.file);
    open_file();
}

static void put(int fd, const char *data, size_t n) {
    while (n) {
        ssize_t done = write(fd, data, n);
        if (done < 0 && errno == EINTR)
            continue;
        /* A full disk must not stop the set: the lines are lost, the work goes on. */
        if (done <= 0)
            return;
        data += done;
        n -= (size_t)done;
    }
}

static void keep(const char *data, size_t n) {
    if (out.size >= FILE_BYTES && !out.in_line)
        turn_over();
    put(out.file, data, n);
    out.size += (off_t)n;
    out.in_line = n && data[n - 1] != '\n';
    if (out.terminal)
        put(STDERR_FILENO, data, n);
}

void log_pump(void) {
    char data[65536];
    ssize_t n;
    while ((n = read(out.source, data, sizeof data)) > 0)
        keep(data, (size_t)n);
}

void log_event(const char *level, const char *event, const char *pairs, ...) {
    char line[LINE_BYTES], stamp[32];
    struct timespec now;
    struct tm tm;
    va_list args;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &tm);
    int n = snprintf(line, sizeof line, "time=%s.%03ldZ level=%s process=zoe-supervise pid=%d event=%s ", stamp,
                     now.tv_nsec / 1000000, level, (int)getpid(), event);
    va_start(args, pairs);
    int more = vsnprintf(line + n, sizeof line - (size_t)n, pairs, args);
    va_end(args);
    n = more < 0 ? n : more < (int)sizeof line - 1 - n ? n + more : (int)sizeof line - 2;
    line[n++] = '\n';
    keep(line, (size_t)n);
}
