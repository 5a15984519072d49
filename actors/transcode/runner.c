#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

enum { THREADS_MAX = 257, IDLE_MS = 500, RETRY_MS = 1000, ROOM_MS = 3000, FAILURES_MAX = 6, ATTEMPTS_MAX = 1000 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t threads[THREADS_MAX];
    size_t count;
    unsigned turn; /* grows with each wake, so that none is missed */
    bool ending;
    struct actor *actor;
    const struct db_query *queries;
} runners = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

struct seat {
    int rank_max; /* the quick runner takes only what makes a film playable */
    unsigned number;
};

void runner_wake(void) {
    pthread_mutex_lock(&runners.lock);
    runners.turn++;
    pthread_cond_broadcast(&runners.changed);
    pthread_mutex_unlock(&runners.lock);
}

static bool rest(unsigned *turn) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += IDLE_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&runners.lock);
    if (!runners.ending && *turn == runners.turn)
        pthread_cond_timedwait(&runners.changed, &runners.lock, &until);
    *turn = runners.turn;
    bool ending = runners.ending;
    pthread_mutex_unlock(&runners.lock);
    return !ending;
}

static int load_rungs(struct task *task) {
    struct rows *rows = db_run(task->db, Q_renditions, NULL, NULL, ARGS(ARG_INT("asset", task->asset)));
    if (!rows)
        return -1;
    for (size_t i = 0; i < rows_count(rows) && i < MEDIA_RUNGS_MAX; i++) {
        task->rungs[task->rung_count++] =
            (struct rung){.quality = {(uint32_t)rows_int(rows, i, "height"), (uint32_t)rows_int(rows, i, "crf"),
                                      (uint32_t)rows_int(rows, i, "maxrate"), (uint32_t)rows_int(rows, i, "bufsize")},
                          .width = (uint32_t)rows_int(rows, i, "width"),
                          .name = arena_text(task->arena, rows_text(rows, i, "name"))};
    }
    rows_free(rows);
    return 0;
}

int task_load(struct task *task) {
    struct rows *rows = db_run(task->db, Q_asset_show, NULL, NULL, ARGS(ARG_INT("asset", task->asset)));
    if (!rows || !rows_count(rows)) {
        rows_free(rows);
        return -1;
    }
    task->title = rows_int(rows, 0, "title_id");
    task->folder = arena_text(task->arena, rows_text(rows, 0, "folder"));
    task->upload = arena_text(task->arena, rows_text(rows, 0, "upload_id"));
    task->film = arena_text(task->arena, rows_text(rows, 0, "film"));
    task->segments = (int)rows_int(rows, 0, "segments");
    task->frames = rows_int(rows, 0, "frames");
    task->fps_num = (uint32_t)rows_int(rows, 0, "fps_num");
    task->fps_den = (uint32_t)rows_int(rows, 0, "fps_den");
    task->has_audio = rows_bool(rows, 0, "has_audio");
    task->ready = !strcmp(rows_text(rows, 0, "state"), "ready");
    task->progress = rows_real(rows, 0, "progress");
    task->running_seconds = rows_real(rows, 0, "running_seconds");
    rows_free(rows);
    return task->folder && task->upload && task->film ? load_rungs(task) : -1;
}

/* 1: a task was claimed, 0: there is none. */
static int claim(struct task *task, int rank_max) {
    struct rows *rows = db_run(
        task->db, Q_task_claim, NULL, NULL,
        ARGS(ARG_TEXT("worker", task->worker), ARG_INT("lease_ms", config()->lease_ms), ARG_INT("rank_max", rank_max)));
    bool found = rows && rows_count(rows);
    if (found) {
        task->id = rows_int(rows, 0, "id");
        task->asset = rows_int(rows, 0, "asset_id");
        task->kind = arena_text(task->arena, rows_text(rows, 0, "kind"));
        task->first = (int)rows_int(rows, 0, "first");
        task->count = (int)rows_int(rows, 0, "count");
        task->make = (int)rows_int(rows, 0, "make");
        task->attempt = (int)rows_int(rows, 0, "attempt");
        task->failures = (int)rows_int(rows, 0, "failures");
        task->renewed_ms = clock_ms();
    }
    rows_free(rows);
    return found && task->kind;
}

void task_hint(const struct task *task, double progress) {
    double left = progress > 0.01 ? task->running_seconds * (1 - progress) / progress : 0;
    actor_event(task->actor, &(struct bus_event){.topic = "progress",
                                                 .id = task->title,
                                                 .has_id = true,
                                                 .state = "processing",
                                                 .progress = progress,
                                                 .has_progress = true,
                                                 .eta_seconds = (int64_t)left,
                                                 .has_eta_seconds = left > 0});
}

/* The film is at fault: the asset ends here, with a sentence for its owner. */
static enum outcome fail_asset(struct task *task, const char *why) {
    enum outcome outcome = commit_begin(task);
    if (outcome != TASK_DONE)
        return outcome;
    rows_free(db_run(task->db, Q_asset_fail, NULL, NULL, ARGS(ARG_INT("asset", task->asset), ARG_TEXT("error", why))));
    if (db_status(task->db) == OK)
        rows_free(db_run(task->db, Q_tasks_end, NULL, NULL, ARGS(ARG_INT("asset", task->asset))));
    if (db_status(task->db) != OK) {
        db_rollback(task->db);
        return TASK_LATER;
    }
    outcome = commit_end(task, true);
    if (outcome == TASK_DONE)
        log_warn(NULL, "film_failed", "asset=%lld kind=%s why=%s", (long long)task->asset, task->kind, log_value(why));
    return outcome;
}

static void release(struct task *task, bool failed, int delay_ms) {
    rows_free(
        db_run(task->db, Q_task_release, NULL, NULL,
               ARGS(ARG_INT("task", task->id), ARG_TEXT("worker", task->worker), ARG_INT("attempt", task->attempt),
                    ARG_INT("failed", failed), ARG_INT("delay_ms", actor_stopping(task->actor) ? 0 : delay_ms))));
}

/* Whoever deleted the title or cancelled the work could not wait for us: what we wrote since lies in a folder that
 * nobody knows. */
static void clean_up_after_loss(struct task *task) {
    char path[NAME_BYTES];
    struct rows *rows = db_run(task->db, Q_asset_show, NULL, NULL, ARGS(ARG_INT("asset", task->asset)));
    bool gone = rows && (!rows_count(rows) || !strcmp(rows_text(rows, 0, "state"), "cancelled"));
    rows_free(rows);
    if (!gone)
        return;
    snprintf(path, sizeof path, "assets/%s", task->folder);
    store_delete(path);
}

struct work {
    const char *name;
    enum outcome (*run)(struct task *task, const char **why);
    /* When it cannot be done however often it is tried: the film fails, or is good without it, or it is tried on. */
    enum { VITAL, EXTRA, STUBBORN } need;
};

static const struct work *work_of(const struct task *task) {
    static const struct work kinds[] = {
        {"probe", task_probe, VITAL}, {"audio", task_audio, VITAL},   {"chunk", task_chunk, VITAL},
        {"text", task_text, EXTRA},   {"poster", task_poster, EXTRA}, {"finish", task_finish, VITAL},
        {"sheet", task_sheet, EXTRA}, {"file", task_file, EXTRA},     {"retire", task_retire, STUBBORN},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(task->kind, kinds[i].name))
            return &kinds[i];
    return NULL;
}

static enum outcome leave_out(struct task *task) {
    enum outcome outcome = commit_begin(task);
    log_warn(NULL, "left_out", "asset=%lld kind=%s number=%d", (long long)task->asset, task->kind, task->make);
    return outcome == TASK_DONE ? commit_end(task, false) : outcome;
}

static void run_task(struct task *task) {
    const char *why = NULL;
    int64_t began_ms = clock_ms();
    const struct work *work = work_of(task);
    enum outcome outcome = !work || task_load(task) ? TASK_LATER : work->run(task, &why);
    if (outcome == TASK_LATER && room_is_short())
        outcome = TASK_FULL;
    bool stopping = actor_stopping(task->actor);
    bool enough = !stopping && (task->failures + 1 >= FAILURES_MAX || task->attempt >= ATTEMPTS_MAX);
    if (outcome == TASK_LATER && enough && work && work->need == EXTRA)
        outcome = leave_out(task);
    if (outcome == TASK_LATER && enough && !(work && work->need != VITAL)) {
        outcome = TASK_FILM;
        why = why ? why : "The film could not be processed, although it was tried several times.";
    }
    if (outcome == TASK_FILM)
        outcome = fail_asset(task, why ? why : media_killed_sentence(0));
    if (outcome == TASK_LATER)
        release(task, !stopping, RETRY_MS * (task->failures + 1));
    if (outcome == TASK_FULL) {
        release(task, false, ROOM_MS);
        room_tell(task);
    }
    if (outcome == TASK_LOST && task->folder)
        clean_up_after_loss(task);
    static const char *const names[] = {"done", "film", "later", "lost", "full"};
    log_info(NULL, "task", "asset=%lld kind=%s first=%d count=%d make=%d attempt=%d outcome=%s ms=%lld",
             (long long)task->asset, task->kind, task->first, task->count, task->make, task->attempt, names[outcome],
             (long long)(clock_ms() - began_ms));
}

static void *run(void *arg) {
    struct seat seat = *(struct seat *)arg;
    char worker[96], host[40] = "";
    unsigned turn = 0;
    free(arg);
    gethostname(host, sizeof host - 1);
    snprintf(worker, sizeof worker, "%s:%d:%u", host, (int)getpid(), seat.number);
    struct db *db = db_open("transcode", runners.queries, Q_COUNT);
    struct arena *arena = arena_new();
    while (db && arena) {
        struct task task = {.actor = runners.actor, .db = db, .arena = arena, .worker = worker};
        if (!actor_stopping(runners.actor) && db_connect(db) == OK && claim(&task, seat.rank_max))
            run_task(&task);
        else if (!rest(&turn))
            break;
        arena_reset(arena);
    }
    arena_free(arena);
    db_close(db);
    return NULL;
}

static int start_thread(int rank_max) {
    struct seat *seat = malloc(sizeof *seat);
    if (!seat)
        return -1;
    *seat = (struct seat){rank_max, (unsigned)runners.count};
    if (pthread_create(&runners.threads[runners.count], NULL, run, seat)) {
        free(seat);
        return -1;
    }
    runners.count++;
    return 0;
}

int runner_start(struct actor *actor, const struct db_query *queries) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t slots = config()->transcode_slots ? config()->transcode_slots : processors > 0 ? processors : 1;
    runners.actor = actor;
    runners.queries = queries;
    /* One runner more, so that a new film's first picture never waits for the chunks of a long one. */
    int rc = start_thread(RANK_QUICK);
    for (int64_t i = 0; !rc && i < slots; i++)
        rc = start_thread(RANK_FILE);
    return rc;
}

void runner_stop(void) {
    pthread_mutex_lock(&runners.lock);
    runners.ending = true;
    pthread_cond_broadcast(&runners.changed);
    pthread_mutex_unlock(&runners.lock);
    for (size_t i = 0; i < runners.count; i++)
        pthread_join(runners.threads[i], NULL);
}
