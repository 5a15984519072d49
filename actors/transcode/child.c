#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actors/transcode/transcode.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"
#include "protocol/wire/check.h"

enum { ARGUMENTS_MAX = 24, POLL_MS = 200, WALL_FACTOR = 2, NICE = 10 };

struct child {
    const struct child_order *order;
    pid_t pid;
    int results;
    const char **why;
    int64_t until_ms;
    bool said_done;
};

static int program_path(char *to, size_t size) {
    ssize_t n = readlink("/proc/self/exe", to, size - 1);
    if (n <= 0)
        return -1;
    to[n] = 0;
    char *slash = strrchr(to, '/');
    if (!slash || (size_t)(slash - to) + sizeof "/zoe-media" > size)
        return -1;
    strcpy(slash, "/zoe-media");
    return 0;
}

/* Above the places 3..5, so that dup2 never overwrites one that is still needed. */
static int lifted(int fd) {
    return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 16);
}

static int spawn(struct child *child, int results) {
    const struct child_order *order = child->order;
    char path[4096], memory[40], cpu[40], wall[40], nice[40];
    char *argv[ARGUMENTS_MAX] = {path};
    int n = 1, high[3] = {lifted(order->film), lifted(order->audio), lifted(results)};
    for (const char *const *argument = order->arguments; *argument && n < ARGUMENTS_MAX - 5; argument++)
        argv[n++] = (char *)*argument;
    snprintf(memory, sizeof memory, "mem_mb=%lld", (long long)order->memory_mb);
    snprintf(cpu, sizeof cpu, "cpu_s=%lld", (long long)order->cpu_seconds);
    snprintf(wall, sizeof wall, "wall_s=%lld", (long long)order->cpu_seconds * WALL_FACTOR);
    snprintf(nice, sizeof nice, "nice=%d", order->patient ? NICE : 0);
    argv[n++] = memory, argv[n++] = cpu, argv[n++] = wall, argv[n++] = nice;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, high[0], MEDIA_FD_FILM);
    if (high[1] >= 0)
        posix_spawn_file_actions_adddup2(&actions, high[1], MEDIA_FD_AUDIO);
    posix_spawn_file_actions_adddup2(&actions, high[2], MEDIA_FD_RESULT);
    posix_spawn_file_actions_addclosefrom_np(&actions, MEDIA_FD_RESULT + 1);
    /* The actor blocks SIGTERM and ignores SIGPIPE; the child wants neither. */
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    char *environment[] = {NULL};
    int rc = high[0] < 0 || high[2] < 0 || program_path(path, sizeof path)
                 ? -1
                 : posix_spawn(&child->pid, path, &actions, &attributes, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    for (int i = 0; i < 3; i++)
        if (high[i] >= 0)
            close(high[i]);
    return rc ? -1 : 0;
}

/* Waits for bytes while the lease is renewed. TASK_DONE: there are some, or the end. */
static enum outcome await(struct child *child) {
    struct pollfd item = {.fd = child->results, .events = POLLIN};
    for (;;) {
        if (child->order->renew && !child->order->renew(child->order->self))
            return TASK_LOST;
        if (actor_stopping(child->order->actor))
            return TASK_LATER;
        if (clock_ms() > child->until_ms) {
            *child->why = child->order->killed(SIGALRM);
            return TASK_FILM;
        }
        int rc = poll(&item, 1, POLL_MS);
        if (rc > 0)
            return TASK_DONE;
        if (rc < 0 && errno != EINTR)
            return TASK_LATER;
    }
}

/* TASK_DONE with *got < n at the end of the stream. */
static enum outcome read_exactly(struct child *child, void *to, size_t n, size_t *got) {
    *got = 0;
    while (*got < n) {
        enum outcome outcome = await(child);
        if (outcome != TASK_DONE)
            return outcome;
        ssize_t more = read(child->results, (char *)to + *got, n - *got);
        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0)
            break;
        *got += (size_t)more;
    }
    return TASK_DONE;
}

static enum outcome take_failure(struct child *child, const struct media_frame *frame, const uint8_t *payload) {
    size_t n = frame->bytes < MEDIA_SENTENCE_MAX_BYTES ? frame->bytes : MEDIA_SENTENCE_MAX_BYTES;
    bool readable = n && text_valid((const char *)payload, n);
    *child->why = readable ? arena_copy(child->order->arena, payload, n) : child->order->killed(SIGSEGV);
    return frame->flags == MEDIA_BLAME_HOST ? TASK_LATER : TASK_FILM;
}

static enum outcome take_frame(struct child *child, const struct media_frame *frame, const uint8_t *payload) {
    if (frame->kind == MEDIA_FAILED)
        return take_failure(child, frame, payload);
    if (frame->kind == MEDIA_DONE) {
        child->said_done = true;
        return TASK_DONE;
    }
    return child->order->frame(child->order->self, frame, payload);
}

/* Reads until the child closes its end. The child is not trusted: sizes are bounded before memory is taken. */
static enum outcome read_results(struct child *child) {
    enum outcome outcome = TASK_DONE;
    uint8_t *payload = NULL;
    size_t got, size = 0;
    while (outcome == TASK_DONE) {
        struct media_frame frame;
        outcome = read_exactly(child, &frame, sizeof frame, &got);
        if (outcome != TASK_DONE || got < sizeof frame)
            break;
        if (frame.bytes > MEDIA_PAYLOAD_MAX_BYTES) {
            *child->why = child->order->killed(SIGXFSZ);
            outcome = TASK_FILM;
            break;
        }
        if (frame.bytes > size) {
            uint8_t *more = realloc(payload, frame.bytes);
            if (!more) {
                outcome = TASK_LATER;
                break;
            }
            payload = more;
            size = frame.bytes;
        }
        outcome = read_exactly(child, payload, frame.bytes, &got);
        if (outcome == TASK_DONE && got == frame.bytes)
            outcome = take_frame(child, &frame, payload);
        else
            break;
    }
    free(payload);
    return outcome;
}

/* It had half of what it may have, or of what the machine has: whatever it died of, that was memory. */
static bool was_large(const struct child *child, const struct rusage *usage) {
    int64_t kib = sysconf(_SC_PHYS_PAGES) * (sysconf(_SC_PAGESIZE) / 1024);
    int64_t allowed = child->order->memory_mb * 1024;
    return usage->ru_maxrss > (kib > 0 && kib < allowed ? kib : allowed) / 2;
}

static enum outcome judge(struct child *child, int status, const struct rusage *usage) {
    if (WIFEXITED(status) && !WEXITSTATUS(status) && child->said_done)
        return TASK_DONE;
    if (!WIFSIGNALED(status)) {
        log_warn(NULL, "media_child_failed", "%s status=%d", child->order->label, status);
        return TASK_LATER;
    }
    int signal_number = WTERMSIG(status);
    bool large = was_large(child, usage), shot = signal_number == SIGKILL || signal_number == SIGTERM;
    log_warn(NULL, "media_child_killed", "%s signal=%d rss_kib=%ld", child->order->label, signal_number,
             usage->ru_maxrss);
    if (shot && !large)
        return TASK_SHOT;
    /* A library that gets no memory may go astray. */
    bool memory = large && (shot || signal_number == SIGSEGV || signal_number == SIGABRT || signal_number == SIGBUS);
    *child->why = child->order->killed(memory ? SIGKILL : signal_number);
    /* The kernel was short of memory, perhaps for another's sake: another try tells. */
    return shot ? TASK_LATER : TASK_FILM;
}

static int64_t used_ms(const struct timeval *used) {
    return used->tv_sec * 1000 + used->tv_usec / 1000;
}

static int64_t bounded(int64_t wanted, int64_t most) {
    return wanted && wanted < most ? wanted : most;
}

enum outcome child_do(const struct child_order *asked, const char **why) {
    int ends[2], status = 0;
    struct child_order bound = *asked, *order = &bound;
    order->memory_mb = bounded(asked->memory_mb, config()->child_memory_bytes >> 20);
    order->cpu_seconds = bounded(asked->cpu_seconds, config()->child_cpu_seconds);
    struct child child = {.order = order, .why = why};
    child.until_ms = clock_ms() + (order->cpu_seconds * WALL_FACTOR + 10) * 1000;
    if (pipe2(ends, O_CLOEXEC))
        return TASK_LATER;
    fcntl(ends[0], F_SETPIPE_SZ, 1 << 20);
    int rc = spawn(&child, ends[1]);
    close(ends[1]);
    child.results = ends[0];
    enum outcome outcome = TASK_LATER;
    if (rc)
        log_error(NULL, "media_child_not_started", "%s", order->label);
    else {
        outcome = read_results(&child);
        if (outcome != TASK_DONE)
            kill(child.pid, SIGKILL);
        struct rusage usage = {0};
        while (wait4(child.pid, &status, 0, &usage) < 0 && errno == EINTR)
            ;
        if (order->cpu_ms)
            *order->cpu_ms += used_ms(&usage.ru_utime) + used_ms(&usage.ru_stime);
        if (outcome == TASK_DONE)
            outcome = judge(&child, status, &usage);
    }
    close(ends[0]);
    return outcome;
}

/* What a film's work hands to its child: the task first, so that its lease is renewed. */
struct film_work {
    struct task *task;
    const struct child_calls *calls;
};

static bool renew(void *self) {
    return task_renew(((struct film_work *)self)->task);
}

static enum outcome pass_frame(void *self, const struct media_frame *frame, const uint8_t *payload) {
    const struct child_calls *calls = ((struct film_work *)self)->calls;
    return calls->frame(calls->self, frame, payload);
}

enum outcome child_run(struct task *task, const char *const *arguments, int film, int audio,
                       const struct child_calls *calls, const char **why) {
    char label[64];
    struct film_work work = {task, calls};
    snprintf(label, sizeof label, "asset=%lld kind=%s", (long long)task->asset, task->kind);
    return child_do(&(struct child_order){.actor = task->actor,
                                          .arena = task->arena,
                                          .arguments = arguments,
                                          .film = film,
                                          .audio = audio,
                                          .label = label,
                                          .patient = task->rank > RANK_FIRST,
                                          .killed = media_killed_sentence,
                                          .cpu_ms = &task->cpu_ms,
                                          .renew = renew,
                                          .frame = pass_frame,
                                          .self = &work},
                    why);
}
