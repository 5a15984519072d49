/* zoe-supervise [--terminal] [PROGRAMS]: runs the set of ZOE_DATA with the programs of a folder (its own by default).
 * Status: 0 stopped when asked to; 1 stopped, but something had to be killed; 64 usage; 71 the system refused
 * something; 75 this set is running already; 78 a setting is wrong. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "systemd/children.h"
#include "systemd/log.h"
#include "systemd/notify.h"

enum { DRAIN_SECONDS = 20, DRAIN_MOST_SECONDS = 3600, SPARE_MS = 5000, STATUS_KILLED = 1 };

static const char *outer_notify;

static int fail(int status, const char *what) {
    fprintf(stderr, "zoe-supervise: %s: %s\n", what, strerror(errno));
    return status;
}

static int folder_make(char *to, size_t size, const char *name) {
    const char *data = getenv("ZOE_DATA");
    int n = snprintf(to, size, "%s/%s", data && *data ? data : "var", name);
    if (n < 0 || n >= (int)size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return mkdir(to, 0700) && errno != EEXIST ? -1 : 0;
}

/* Its lock says that the set runs; it stays open as long. */
static int claimed = -1;

/* Writes the supervisor's process id into the file that is locked as long as the set runs. */
static int claim(const char *run) {
    char path[PATH_MAX], pid[16];
    snprintf(path, sizeof path, "%.4000s/supervise.pid", run);
    claimed = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (claimed < 0)
        return fail(EX_OSERR, path);
    if (flock(claimed, LOCK_EX | LOCK_NB)) {
        fprintf(stderr, "zoe-supervise: the set of %s is running already\n", run);
        return EX_TEMPFAIL;
    }
    int n = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
    if (ftruncate(claimed, 0) || write(claimed, pid, (size_t)n) != n)
        return fail(EX_OSERR, path);
    return 0;
}

/* As long as the programs drain, and some time to end. */
static int stage_ms(void) {
    const char *text = getenv("ZOE_DRAIN_SECONDS");
    char *end = NULL;
    long seconds = text ? strtol(text, &end, 10) : DRAIN_SECONDS;
    if (text && (end == text || *end || seconds < 0 || seconds > DRAIN_MOST_SECONDS))
        seconds = DRAIN_SECONDS;
    return (int)seconds * 1000 + SPARE_MS;
}

static void ready(pid_t pid) {
    if (!children_ready(pid))
        return;
    log_event("info", "set_ready", "programs=all");
    notify_send(outer_notify, "READY=1");
}

/* True when the set has to stop; a second signal kills. */
static bool signalled(int fd, bool stopping, bool *hopeless) {
    struct signalfd_siginfo info;
    bool stop = stopping;
    while (read(fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            continue;
        if (stop)
            children_kill();
        stop = true;
    }
    if (children_reap() && !stop) {
        log_event("error", "setting_wrong", "status=%d", EX_CONFIG);
        *hopeless = stop = true;
    }
    if (stop && !stopping)
        notify_send(outer_notify, "STOPPING=1");
    return stop;
}

static int watch(int signals, int notify) {
    struct pollfd polled[] = {{signals, POLLIN, 0}, {notify, POLLIN, 0}, {log_source(), POLLIN, 0}};
    bool stopping = false, hopeless = false;
    for (;;) {
        int wait_ms = stopping ? children_stop(stage_ms()) : children_restart();
        if (stopping && wait_ms < 0)
            break;
        if (poll(polled, 3, wait_ms) < 0 && errno != EINTR)
            return fail(EX_OSERR, "poll");
        if (polled[2].revents)
            log_pump();
        if (polled[1].revents)
            notify_read(notify, ready);
        if (polled[0].revents)
            stopping = signalled(signals, stopping, &hopeless);
    }
    log_pump();
    log_event("info", "set_stopped", "killed=%u", children_killed());
    return hopeless ? EX_CONFIG : children_killed() ? STATUS_KILLED : EX_OK;
}

/* Programs lie beside this one unless told otherwise. */
static int own_folder(char *to, size_t size) {
    ssize_t n = readlink("/proc/self/exe", to, size - 1);
    if (n <= 0)
        return -1;
    to[n] = 0;
    *strrchr(to, '/') = 0;
    return 0;
}

static int run(const char *programs, bool terminal) {
    char folder[PATH_MAX - 64], logs[PATH_MAX - 64], socket[PATH_MAX];
    sigset_t taken, inherited;
    if (folder_make(folder, sizeof folder, "") || folder_make(folder, sizeof folder, "run") ||
        folder_make(logs, sizeof logs, "log"))
        return fail(EX_OSERR, folder);
    int status = claim(folder);
    if (status)
        return status;
    if (log_open(logs, terminal))
        return fail(EX_OSERR, logs);
    sigemptyset(&taken);
    sigaddset(&taken, SIGCHLD);
    sigaddset(&taken, SIGTERM);
    sigaddset(&taken, SIGINT);
    sigaddset(&taken, SIGHUP);
    sigprocmask(SIG_BLOCK, &taken, &inherited);
    signal(SIGPIPE, SIG_IGN);
    int signals = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
    const char *outer = getenv("NOTIFY_SOCKET");
    outer_notify = outer ? strdup(outer) : NULL;
    snprintf(socket, sizeof socket, "%s/notify", folder);
    int notify = notify_open(socket);
    if (signals < 0 || notify < 0)
        return fail(EX_OSERR, socket);
    log_event("info", "starting", "programs=%s", programs);
    children_start(programs, &inherited);
    status = watch(signals, notify);
    unlink(socket);
    return status;
}

int main(int argc, char **argv) {
    char folder[PATH_MAX];
    bool terminal = argc > 1 && !strcmp(argv[1], "--terminal");
    int rest = 1 + terminal;
    if (argc > rest + 1 || (argc > rest && argv[rest][0] == '-')) {
        fprintf(stderr, "usage: zoe-supervise [--terminal] [PROGRAMS]\n");
        return EX_USAGE;
    }
    if (argc > rest ? !realpath(argv[rest], folder) : own_folder(folder, sizeof folder))
        return fail(EX_OSERR, argc > rest ? argv[rest] : "own folder");
    return run(folder, terminal);
}
