#include "tests/broker/house.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "protocol/wire/codec.h"

extern char **environ;

static struct arena *memory;
static pid_t children[64]; /* that still run */

static void kill_children(void) {
    for (size_t i = 0; i < sizeof children / sizeof *children; i++)
        if (children[i])
            kill(children[i], SIGKILL);
}

static void replace_child(pid_t old, pid_t new) {
    size_t i = 0;
    while (i < sizeof children / sizeof *children && children[i] != old)
        i++;
    assert_true(i < sizeof children / sizeof *children);
    children[i] = new;
}

int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void sleep_ms(int ms) {
    nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL);
}

/* Processes. */

static void own_folder(char *to, size_t size) {
    ssize_t n = readlink("/proc/self/exe", to, size - 1);
    assert_true(n > 0);
    to[n] = 0;
    *strrchr(to, '/') = 0;
}

static void remember(struct house *house, const char *settings) {
    char data[80];
    snprintf(data, sizeof data, "ZOE_DATA=%s", house->data);
    strcpy(house->settings[house->count++], data);
    strcpy(house->settings[house->count++], "ZOE_BEAT_MS=50");
    char copy[512], *rest = copy;
    snprintf(copy, sizeof copy, "%s", settings ? settings : "");
    for (char *word; (word = strsep(&rest, " "));)
        if (*word) {
            assert_true(house->count < 8);
            snprintf(house->settings[house->count++], sizeof house->settings[0], "%s", word);
        }
    /* The first of two counts. Most tests leave asks behind, and their workers do not beat. */
    assert_true(house->count < 7);
    strcpy(house->settings[house->count++], "ZOE_DRAIN_SECONDS=0");
    strcpy(house->settings[house->count++], "ZOE_SILENCE_MS=60000");
}

static pid_t spawn(const struct house *house, const char *program, char *const argv[], int out) {
    /* Settings of the surroundings must not leak in. */
    char *environment[256];
    size_t n = 0;
    for (char **entry = environ; *entry && n < 240; entry++)
        if (strncmp(*entry, "ZOE_", 4) != 0)
            environment[n++] = *entry;
    for (unsigned i = 0; i < house->count; i++)
        environment[n++] = (char *)house->settings[i];
    environment[n] = NULL;
    char log[96];
    snprintf(log, sizeof log, "%s/log", house->data);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (out >= 0)
        posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_addopen(&actions, 2, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    pid_t pid;
    assert_int_equal(posix_spawn(&pid, program, &actions, NULL, argv, environment), 0);
    posix_spawn_file_actions_destroy(&actions);
    replace_child(0, pid);
    return pid;
}

static pid_t spawn_built(const struct house *house, char *const argv[], int out) {
    char folder[1024], program[1100];
    const char *build = getenv("ZOE_BUILD");
    if (build)
        snprintf(folder, sizeof folder, "%s", build);
    else
        own_folder(folder, sizeof folder);
    snprintf(program, sizeof program, "%s/%s", folder, argv[0]);
    return spawn(house, program, argv, out);
}

void house_start(struct house *house) {
    house->broker = spawn_built(house, (char *[]){"zoe-broker", NULL}, -1);
    house_state(house);
}

void house_open(struct house *house, const char *settings) {
    *house = (struct house){.data = "/tmp/zoe-test-broker-XXXXXX"};
    assert_non_null(mkdtemp(house->data));
    if (!memory) {
        memory = arena_new();
        atexit(kill_children);
    }
    assert_non_null(memory);
    remember(house, settings);
    house_start(house);
}

static int exit_status(pid_t pid) {
    int status = 0;
    replace_child(pid, 0);
    for (int64_t end = now_ms() + PATIENCE_MS; now_ms() < end; sleep_ms(2)) {
        pid_t got = waitpid(pid, &status, WNOHANG);
        if (got == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        assert_int_equal(got, 0);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return -1;
}

int house_wait(struct house *house) {
    return exit_status(house->broker);
}

void house_kill(struct house *house) {
    kill(house->broker, SIGKILL);
    assert_int_equal(exit_status(house->broker), 128 + SIGKILL);
}

static int remove_entry(const char *path, const struct stat *about, int flag, struct FTW *place) {
    (void)about, (void)flag, (void)place;
    return remove(path);
}

static void show_log(const struct house *house) {
    char path[96], line[512];
    snprintf(path, sizeof path, "%s/log", house->data);
    FILE *log = fopen(path, "r");
    while (log && fgets(line, sizeof line, log))
        fputs(line, stderr);
    if (log)
        fclose(log);
}

void house_close(struct house *house) {
    kill(house->broker, SIGTERM);
    int status = exit_status(house->broker);
    if (status)
        show_log(house);
    assert_int_equal(status, 0);
    nftw(house->data, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

pid_t house_spawn_worker(const struct house *house, const char *service, const char *credit, const char *mode) {
    char folder[1024], program[1100];
    own_folder(folder, sizeof folder);
    snprintf(program, sizeof program, "%s/test-broker", folder);
    return spawn(
        house, program,
        (char *[]){"test-broker", "worker", (char *)house->data, (char *)service, (char *)credit, (char *)mode, NULL},
        -1);
}

int house_run(const struct house *house, char *const words[], char *out, size_t size) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    pid_t pid = spawn_built(house, words, ends[1]);
    close(ends[1]);
    size_t n = 0;
    for (ssize_t got; (got = read(ends[0], out + n, size - 1 - n)) > 0;)
        n += (size_t)got;
    out[n] = 0;
    close(ends[0]);
    return exit_status(pid);
}

void house_reap(pid_t pid) {
    exit_status(pid);
}

/* Administration. */

static void *decode(struct peer *peer, const struct record *record) {
    struct fault fault = {0};
    void *value = body_decode(record, zmq_msg_data(&peer->body), zmq_msg_size(&peer->body), memory, &fault);
    if (!value)
        fail_msg("%s%s %s", record->about->name, fault.field, fault.why);
    return value;
}

const struct broker_state *house_state(const struct house *house) {
    struct peer *admin = peer_open(house, "admin");
    peer_ask(admin, MSG_broker_status, 1, 1000, "\x80");
    peer_expect_status(admin, 1, OK);
    arena_reset(memory);
    struct broker_state *state = decode(admin, broker_state_record());
    peer_close(admin);
    return state;
}

void house_await_workers(const struct house *house, size_t count) {
    int64_t end = now_ms() + PATIENCE_MS;
    while (house_state(house)->workers.n != count) {
        assert_true(now_ms() < end);
        sleep_ms(5);
    }
}

const struct message_row *state_message(const struct broker_state *state, const char *name) {
    static const struct message_row none;
    for (size_t i = 0; i < state->messages.n; i++)
        if (!strcmp(LIST_AT(state->messages, struct message_row, i).message, name))
            return &LIST_AT(state->messages, struct message_row, i);
    return &none;
}

const struct queue_row *state_queue(const struct broker_state *state, const char *service, const char *lane) {
    for (size_t i = 0; i < state->queues.n; i++) {
        const struct queue_row *row = &LIST_AT(state->queues, struct queue_row, i);
        if (!strcmp(row->service, service) && !strcmp(row->lane, lane))
            return row;
    }
    fail_msg("no queue %s %s", service, lane);
    return NULL;
}

const char *peer_problem(struct peer *peer) {
    arena_reset(memory);
    return ((struct problem *)decode(peer, problem_record()))->code;
}

enum status house_drain(const struct house *house, const char *side, const char *service, bool open) {
    struct peer *peer = peer_open(house, side);
    struct drain_ask ask = {.service = service, .open = open, .has_open = open};
    struct buffer body = {0};
    assert_int_equal(body_encode(drain_ask_record(), &ask, &body), 0);
    peer_send(peer, (struct header){.kind = KIND_ASK, .message = MSG_broker_drain, .key = {peer->edge, 1}}, body.at,
              body.n);
    buffer_free(&body);
    peer_expect(peer, KIND_SAY, 1);
    enum status status = (enum status)peer->header.status;
    peer_close(peer);
    return status;
}
