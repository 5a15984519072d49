/* Round trips through the broker against the bare proxy, same frames, same worker, same client, in turns. */

#include <errno.h>
#include <ftw.h>
#include <jansson.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "tests/bench/load/load.h"

extern char **environ;

enum { ROUNDS = 7, HELPERS = 4, START_TRIES = 500 };

struct bench {
    char folder[1024], data[64];
    pid_t helpers[HELPERS];
    unsigned count;
    double rates[2][ROUNDS], p99[2][ROUNDS];
};

static pid_t spawn(const struct bench *bench, const char *program, char *const argv[], int out) {
    char path[1200];
    pid_t pid;
    snprintf(path, sizeof path, "%s/%s", bench->folder, program);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (out >= 0)
        posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
    int error = posix_spawn(&pid, path, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error)
        fprintf(stderr, "zoe-load: %s: %s\n", path, strerror(error));
    return error ? -1 : pid;
}

static int helper(struct bench *bench, const char *program, char *const argv[]) {
    pid_t pid = spawn(bench, program, argv, -1);
    if (pid < 0)
        return -1;
    bench->helpers[bench->count++] = pid;
    return 0;
}

/* One run of the client; 0 with its rate and p99, or -1. */
static int measure(struct bench *bench, bool proxied, const char *how, const char *much, double *rate, double *p99) {
    int ends[2], status = -1;
    if (pipe(ends))
        return -1;
    char *argv[] = {"zoe-load", "content_show", "--json", (char *)how, (char *)much, proxied ? "--proxied" : NULL,
                    NULL};
    pid_t pid = spawn(bench, "zoe-load", argv, ends[1]);
    close(ends[1]);
    FILE *in = fdopen(ends[0], "r");
    json_t *result = in ? json_loadf(in, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
    if (pid > 0)
        waitpid(pid, &status, 0);
    json_int_t answered = json_integer_value(json_object_get(result, "answered"));
    json_int_t good = json_integer_value(json_object_get(json_object_get(result, "statuses"), "OK"));
    *rate = json_number_value(json_object_get(result, "rate"));
    *p99 = json_number_value(json_object_get(result, "p99_us"));
    json_decref(result);
    in ? fclose(in) : close(ends[0]);
    return !status && answered && answered == good ? 0 : -1;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values) {
    qsort(values, ROUNDS, sizeof *values, ascending);
    return values[ROUNDS / 2];
}

static int start(struct bench *bench) {
    ssize_t n = readlink("/proc/self/exe", bench->folder, sizeof bench->folder - 1);
    if (n < 0)
        return -1;
    *strrchr(bench->folder, '/') = 0;
    strcpy(bench->data, "/tmp/zoe-load-XXXXXX");
    if (!mkdtemp(bench->data) || setenv("ZOE_DATA", bench->data, 1))
        return -1;
    if (helper(bench, "zoe-broker", (char *[]){"zoe-broker", NULL}))
        return -1;
    /* The proxy's sockets lie in the folder that the broker makes. */
    char run[96];
    snprintf(run, sizeof run, "%s/run/broker.ask", bench->data);
    for (int i = 0; access(run, F_OK); i++) {
        if (i == START_TRIES)
            return -1;
        usleep(20000);
    }
    return helper(bench, "zoe-load", (char *[]){"zoe-load", "--proxy", NULL}) ||
                   helper(bench, "zoe-load", (char *[]){"zoe-load", "--serve", "content", NULL}) ||
                   helper(bench, "zoe-load", (char *[]){"zoe-load", "--serve", "content", "--proxied", NULL})
               ? -1
               : 0;
}

static int remove_entry(const char *path, const struct stat *about, int flag, struct FTW *place) {
    (void)about, (void)flag, (void)place;
    return remove(path);
}

static void stop(struct bench *bench) {
    for (unsigned i = 0; i < bench->count; i++) {
        kill(bench->helpers[i], SIGKILL);
        waitpid(bench->helpers[i], NULL, 0);
    }
    if (*bench->data)
        nftw(bench->data, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void report(struct bench *bench, bool json) {
    double ours = median(bench->rates[0]), theirs = median(bench->rates[1]);
    if (json) {
        json_t *all = json_pack("{s:{s:f,s:f,s:f,s:f,s:s}}", "broker_round_trips", "ours", ours, "theirs", theirs,
                                "ratio", ours / theirs, "goal", 0.8, "unit", "round trips/s");
        json_dumpf(all, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
        putchar('\n');
        json_decref(all);
        return;
    }
    printf("broker     %9.0f round trips/s, p99 %.0f us\n", ours, median(bench->p99[0]));
    printf("bare proxy %9.0f round trips/s, p99 %.0f us\n", theirs, median(bench->p99[1]));
    printf("ratio      %9.3f (goal 0.8); window 64, one worker, 300-byte bodies, median of %d runs each\n",
           ours / theirs, ROUNDS);
}

int bench_run(bool json) {
    struct bench bench = {0};
    int rc = start(&bench);
    double ignored;
    for (int side = 0; side < 2 && !rc; side++)
        rc = measure(&bench, side, "--count", "20000", &ignored, &ignored);
    for (int round = 0; round < ROUNDS && !rc; round++)
        for (int side = 0; side < 2 && !rc; side++)
            rc = measure(&bench, side, "--seconds", "1", &bench.rates[side][round], &bench.p99[side][round]);
    if (rc)
        fputs("zoe-load: the broker, the proxy or a worker did not answer\n", stderr);
    else
        report(&bench, json);
    stop(&bench);
    return rc ? EX_UNAVAILABLE : EXIT_SUCCESS;
}
