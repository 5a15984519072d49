#include "tests/actor/house.h"

#include <fcntl.h>
#include <ftw.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "db/migrate.h"
#include "protocol/node/config.h"
#include "protocol/node/log.h"

#define PG_BIN "/usr/lib/postgresql/15/bin"

static char data[64];
static pid_t postgres, broker;

int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void sleep_ms(int ms) {
    peer_beat();
    nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL);
}

const char *house_data(void) {
    return data;
}

/* Programs. None outlives this process. */

static void in(char to[4400], const char *name) {
    snprintf(to, 4400, "%s/%s", data, name);
}

static void run(const char *path, char *const argv[], const char *log, int end_signal) {
    char file[4400];
    in(file, log);
    int fd = open(file, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(fd, 1);
    dup2(fd, 2);
    prctl(PR_SET_PDEATHSIG, end_signal);
    execv(path, argv);
    _exit(127);
}

static void own_folder(char *to, size_t size) {
    const char *build = getenv("ZOE_BUILD");
    if (build) {
        snprintf(to, size, "%s", build);
        return;
    }
    ssize_t n = readlink("/proc/self/exe", to, size - 1);
    assert_true(n > 0);
    to[n] = 0;
    *strrchr(to, '/') = 0;
}

static pid_t start(const char *path, char *const argv[], const char *settings) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid)
        return pid;
    char copy[1024], *rest = copy;
    snprintf(copy, sizeof copy, "%s", settings ? settings : "");
    for (char *word; (word = strsep(&rest, " "));)
        if (*word)
            putenv(strdup(word));
    run(path, argv, "log", SIGKILL);
    return -1;
}

pid_t house_start(const char *program, const char *settings) {
    char folder[1024], path[1100];
    own_folder(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/%s", folder, program);
    return start(path, (char *[]){(char *)program, NULL}, settings);
}

pid_t house_start_puppet(const char *settings) {
    return start("/proc/self/exe", (char *[]){"test-actor", "puppet", NULL}, settings);
}

int house_wait(pid_t pid) {
    int status = 0;
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

void house_stop(pid_t pid) {
    kill(pid, SIGTERM);
    assert_int_equal(house_wait(pid), 0);
}

void house_kill(pid_t pid) {
    kill(pid, SIGKILL);
    assert_int_equal(house_wait(pid), 128 + SIGKILL);
}

static size_t workers(const char *name) {
    struct peer *peer = peer_open("admin");
    peer_send(peer,
              (struct header){.kind = KIND_ASK, .message = MSG_broker_status, .remaining_ms = 1000, .key = {9, 1}},
              nothing_record(), &(struct nothing){0});
    assert_true(peer_take(peer, PATIENCE_MS));
    const struct broker_state *state = peer_decode(peer, broker_state_record());
    size_t count = 0;
    for (size_t i = 0; i < state->workers.n; i++)
        count += !strcmp(LIST_AT(state->workers, struct worker_row, i).service, name);
    peer_close(peer);
    return count;
}

void house_await(const char *name, size_t count) {
    AWAIT(workers(name) == count);
}

bool house_logged(const char *text) {
    char path[4400];
    in(path, "log");
    FILE *log = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    bool found = false;
    while (log && !found && getline(&line, &size, log) > 0)
        found = strstr(line, text) != NULL;
    free(line);
    if (log)
        fclose(log);
    return found;
}

/* The database. */

static pid_t start_as_postgres(char *const argv[], int end_signal) {
    char *command[24] = {"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=INT"};
    int n = 5;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid)
        return pid;
    for (int i = 0; argv[i] && n < 23; i++)
        command[n++] = argv[i];
    if (geteuid())
        run(argv[0], argv, "pg.log", end_signal);
    else
        run("/usr/bin/setpriv", command, "pg.log", end_signal);
    return -1;
}

static void write_file(const char *name, const char *text, bool append) {
    char path[4400];
    in(path, name);
    FILE *file = fopen(path, append ? "a" : "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static bool answers(const char *database) {
    char address[200];
    snprintf(address, sizeof address, "host=%s/pg/run dbname=%s user=zoetrope", data, database);
    PGconn *conn = PQconnectdb(address);
    bool good = PQstatus(conn) == CONNECTION_OK;
    if (good && !strcmp(database, "postgres"))
        PQclear(PQexec(conn, "create database zoetrope"));
    PQfinish(conn);
    return good;
}

void house_database_start(void) {
    char folder[4400];
    in(folder, "pg/data");
    postgres = start_as_postgres((char *[]){PG_BIN "/postgres", "-D", folder, NULL}, SIGINT);
    AWAIT(answers("postgres"));
}

void house_database_stop(void) {
    kill(postgres, SIGINT);
    assert_int_equal(house_wait(postgres), 0);
}

static void make_cluster(void) {
    char folder[4400], settings[600];
    struct passwd *owner = geteuid() ? getpwuid(geteuid()) : getpwnam("postgres");
    assert_non_null(owner);
    in(folder, "pg");
    assert_int_equal(mkdir(folder, 0755), 0);
    in(folder, "pg/run");
    assert_int_equal(mkdir(folder, 0777), 0);
    assert_int_equal(chown(folder, owner->pw_uid, owner->pw_gid), 0);
    in(folder, "pg/data");
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(chown(folder, owner->pw_uid, owner->pw_gid), 0);
    static char initdb[] = PG_BIN "/initdb";
    pid_t pid = start_as_postgres((char *[]){initdb, "-D", folder, "-U", "zoetrope", "-E", "UTF8", "--locale=C.UTF-8",
                                             "--no-instructions", "--no-sync", "-A", "trust", NULL},
                                  SIGKILL);
    assert_int_equal(house_wait(pid), 0);
    snprintf(
        settings, sizeof settings,
        "listen_addresses = ''\nunix_socket_directories = '%s/pg/run'\nshared_buffers = 32MB\nfsync = off\njit = off\n"
        "max_connections = 100\n",
        data);
    write_file("pg/data/postgresql.conf", settings, true);
    /* Passwords count, as in production, but for the owner: who asks is us. */
    write_file("pg/data/pg_hba.conf", "local all zoetrope trust\nlocal all all scram-sha-256\n", false);
    house_database_start();
}

void house_open(void) {
    strcpy(data, "/tmp/zoe-test-actor-XXXXXX");
    assert_non_null(mkdtemp(data));
    assert_int_equal(chmod(data, 0711), 0);
    setenv("ZOE_DATA", data, 1);
    setenv("ZOE_BEAT_MS", "50", 1);
    setenv("ZOE_BCRYPT_COST", "4", 1);
    setenv("ZOE_RATE_LIMITS", "off", 1);
    setenv("ZOE_LOG_LEVEL", "warn", 0);
    config_load();
    log_open("test-actor");
    make_cluster();
    assert_int_equal(db_migrate(), 0);
    broker = house_start("zoe-broker", NULL);
    workers("auth");
}

static int remove_entry(const char *path, const struct stat *about, int flag, struct FTW *place) {
    (void)about, (void)flag, (void)place;
    return remove(path);
}

void house_close(void) {
    house_stop(broker);
    house_database_stop();
    static const char *const complaints[] = {"Sanitizer", "runtime error:", "Assertion"};
    for (size_t i = 0; i < sizeof complaints / sizeof *complaints; i++)
        if (house_logged(complaints[i]))
            fail_msg("a program complained: see %s/log", data);
    nftw(data, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

struct db *house_db(const char *name) {
    struct db *db = db_open(name, NULL, 0);
    assert_non_null(db);
    assert_int_equal(db_connect(db), OK);
    return db;
}

static const char *value(const char *sql) {
    static char results[8][4096];
    static unsigned turn;
    char *to = results[turn++ % 8];
    struct db *db = house_db(NULL);
    struct rows *rows = db_text(db, sql);
    if (!rows)
        fail_msg("%s", sql);
    snprintf(to, sizeof results[0], "%s", rows_count(rows) ? rows_text(rows, 0, "value") : "");
    rows_free(rows);
    db_close(db);
    return to;
}

static void print(char to[4096], const char *sql, va_list args) {
    int n = vsnprintf(to, 4096, sql, args);
    assert_in_range(n, 1, 4095);
}

const char *house_value(const char *sql, ...) {
    char text[4096];
    va_list args;
    va_start(args, sql);
    print(text, sql, args);
    va_end(args);
    return value(text);
}

int64_t house_number(const char *sql, ...) {
    char text[4096];
    va_list args;
    va_start(args, sql);
    print(text, sql, args);
    va_end(args);
    return strtoll(value(text), NULL, 10);
}

void house_sql(const char *sql, ...) {
    char text[4096];
    va_list args;
    va_start(args, sql);
    print(text, sql, args);
    va_end(args);
    value(text);
}
