#include "systemd/children.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "systemd/log.h"

enum { BACK_OFF_MS = 100, BACK_OFF_MOST_MS = 5000, SOUND_MS = 10000, PATH_BYTES = 4096, STAGES = 3 };

struct child {
    const char *name;
    int stage; /* of stopping: 0 goes first */
    pid_t pid;
    int64_t started_ms, due_ms;
    int back_off_ms;
    bool ready;
};

static struct child children[] = {
    {.name = "zoe-broker", .stage = 2},  {.name = "zoe-auth", .stage = 1}, {.name = "zoe-content", .stage = 1},
    {.name = "zoe-history", .stage = 1}, {.name = "zoe-mail", .stage = 1}, {.name = "zoe-transcode", .stage = 1},
    {.name = "zoe-edge", .stage = 0},
};

enum { CHILDREN = sizeof children / sizeof *children };

static const char *programs;
static sigset_t mask;
static bool told_ready;
static int stage = -1;
static int64_t stage_until_ms;
static unsigned killed;

int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void become(const struct child *child, pid_t parent) {
    char path[PATH_BYTES];
    int n = snprintf(path, sizeof path, "%s/%s", programs, child->name);
    /* Nothing outlives the supervisor, however it ends. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EX_OSERR);
    /* An own group: the terminal's Ctrl-C reaches only the supervisor, and what the child leaves behind can be found.
     */
    setpgid(0, 0);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    if (n < (int)sizeof path && dup2(log_pipe(), STDOUT_FILENO) >= 0 && dup2(log_pipe(), STDERR_FILENO) >= 0)
        execl(path, child->name, (char *)NULL);
    dprintf(STDERR_FILENO, "%s: %s\n", path, strerror(errno));
    _exit(EX_UNAVAILABLE);
}

static void start(struct child *child) {
    pid_t parent = getpid();
    child->started_ms = now_ms();
    child->due_ms = 0;
    child->ready = false;
    child->pid = fork();
    if (!child->pid)
        become(child, parent);
    if (child->pid < 0) {
        child->pid = 0;
        child->due_ms = child->started_ms + BACK_OFF_MOST_MS;
        log_event("error", "fork_failed", "program=%s error=\"%s\"", child->name, strerror(errno));
    }
}

void children_start(const char *folder, const sigset_t *inherited) {
    programs = folder;
    mask = *inherited;
    for (int i = 0; i < CHILDREN; i++)
        start(&children[i]);
}

static struct child *by_pid(pid_t pid) {
    for (int i = 0; i < CHILDREN; i++)
        if (children[i].pid == pid)
            return &children[i];
    return NULL;
}

static void ended(struct child *child, int status) {
    int64_t now = now_ms();
    const char *how = WIFEXITED(status) ? "status" : "signal";
    int number = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    /* Its helpers, if it had any, are of no more use. */
    kill(-child->pid, SIGKILL);
    child->pid = 0;
    if (stage >= 0) {
        log_event("info", "stopped", "program=%s %s=%d", child->name, how, number);
        return;
    }
    if (!child->back_off_ms || now - child->started_ms >= SOUND_MS)
        child->back_off_ms = BACK_OFF_MS;
    child->due_ms = now + child->back_off_ms;
    log_event("error", "died", "program=%s %s=%d again_ms=%d", child->name, how, number, child->back_off_ms);
    child->back_off_ms = child->back_off_ms * 2 < BACK_OFF_MOST_MS ? child->back_off_ms * 2 : BACK_OFF_MOST_MS;
}

bool children_reap(void) {
    bool hopeless = false;
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct child *child = by_pid(pid);
        if (!child)
            continue;
        hopeless |= WIFEXITED(status) && WEXITSTATUS(status) == EX_CONFIG;
        ended(child, status);
    }
    return hopeless;
}

int children_restart(void) {
    int64_t now = now_ms(), next = -1;
    for (int i = 0; i < CHILDREN; i++) {
        struct child *child = &children[i];
        if (child->pid)
            continue;
        if (child->due_ms <= now)
            start(child);
        else if (next < 0 || child->due_ms - now < next)
            next = child->due_ms - now;
    }
    return (int)next;
}

bool children_ready(pid_t pid) {
    struct child *child = pid > 0 ? by_pid(pid) : NULL;
    if (!child || child->ready)
        return false;
    child->ready = true;
    log_event("info", "ready", "program=%s after_ms=%d", child->name, (int)(now_ms() - child->started_ms));
    for (int i = 0; i < CHILDREN; i++)
        if (!children[i].ready)
            return false;
    if (told_ready)
        return false;
    return told_ready = true;
}

static int alive(int of_stage, int signal) {
    int n = 0;
    for (int i = 0; i < CHILDREN; i++)
        if (children[i].pid && (of_stage < 0 || children[i].stage == of_stage)) {
            n++;
            if (signal)
                kill(signal == SIGKILL ? -children[i].pid : children[i].pid, signal);
        }
    return n;
}

int children_stop(int stage_ms) {
    int64_t now = now_ms();
    if (stage >= 0 && stage < STAGES && alive(stage, 0) && now >= stage_until_ms) {
        killed += (unsigned)alive(stage, SIGKILL);
        log_event("error", "outstayed", "stage=%d killed=%u", stage, killed);
        stage_until_ms = now + 1000;
    }
    while (stage < STAGES && (stage < 0 || !alive(stage, 0))) {
        if (++stage == STAGES)
            return -1;
        alive(stage, SIGTERM);
        stage_until_ms = now + stage_ms;
    }
    return (int)(stage_until_ms - now);
}

void children_kill(void) {
    killed += (unsigned)alive(-1, SIGKILL);
}

unsigned children_killed(void) {
    return killed;
}
