#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

enum { THREADS_MAX = 257, IDLE_MS = 300, RETRY_MS = 1000, ROOM_MS = 3000, FAILURES_MAX = 6, LOST_MAX = 64 };

static struct {
    pthread_t threads[THREADS_MAX];
    size_t count;
    struct actor *actor;
    const struct db_query *queries;
} runners;

struct seat {
    int rank_max; /* the quick runner takes only what makes a film playable */
    unsigned number;
};

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
        task->rank = (int)rows_int(rows, 0, "rank");
        task->first = (int)rows_int(rows, 0, "first");
        task->count = (int)rows_int(rows, 0, "count");
        task->make = (int)rows_int(rows, 0, "make");
        task->attempt = (int)rows_int(rows, 0, "attempt");
        task->failures = (int)rows_int(rows, 0, "failures");
        task->lost = (int)rows_int(rows, 0, "lost");
        task->renewed_ms = clock_ms();
    }
    rows_free(rows);
    return found && task->kind;
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

/* TASK_LOST: somebody else has it, or nobody, and there is nothing to hand back. */
static enum outcome release(struct task *task, enum outcome outcome, int delay_ms) {
    bool stopping = actor_stopping(task->actor);
    struct rows *rows =
        db_run(task->db, Q_task_release, NULL, NULL,
               ARGS(ARG_INT("task", task->id), ARG_TEXT("worker", task->worker), ARG_INT("attempt", task->attempt),
                    ARG_INT("failed", outcome == TASK_LATER && !stopping), ARG_INT("shot", outcome == TASK_SHOT),
                    ARG_INT("delay_ms", stopping ? 0 : delay_ms)));
    bool lost = rows && !rows_count(rows);
    rows_free(rows);
    return lost ? TASK_LOST : outcome;
}

/* Whoever deleted the title, cancelled the work or began it again could not wait for us: what we wrote since lies in a
 * folder that nobody knows. */
static void clean_up_after_loss(struct task *task) {
    struct rows *rows = db_run(task->db, Q_asset_show, NULL, NULL, ARGS(ARG_INT("asset", task->asset)));
    bool gone = rows && (!rows_count(rows) || !strcmp(rows_text(rows, 0, "state"), "cancelled") ||
                         strcmp(rows_text(rows, 0, "folder"), task->folder));
    rows_free(rows);
    if (gone)
        leftover_delete(task->folder);
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
    bool deadly = task->lost >= LOST_MAX;
    enum outcome outcome = deadly || !work || task_load(task) ? TASK_LATER : work->run(task, &why);
    if (outcome == TASK_LATER && room_is_short())
        outcome = TASK_FULL;
    bool stopping = actor_stopping(task->actor);
    /* What it did itself counts soon; that its worker died or its child was shot, only when there is no end of it. */
    bool enough = !stopping && ((outcome == TASK_LATER && task->failures + 1 >= FAILURES_MAX) ||
                                ((outcome == TASK_LATER || outcome == TASK_SHOT) && task->lost + 1 >= LOST_MAX));
    if (enough && work && work->need == EXTRA)
        outcome = leave_out(task);
    else if (enough && !(work && work->need != VITAL)) {
        outcome = TASK_FILM;
        why = why ? why : "The film could not be processed, although it was tried several times.";
    }
    if (outcome == TASK_FILM)
        outcome = fail_asset(task, why ? why : media_killed_sentence(0));
    if (outcome == TASK_LATER || outcome == TASK_SHOT)
        outcome = release(task, outcome, outcome == TASK_SHOT ? 0 : RETRY_MS * (task->failures + 1));
    if (outcome == TASK_FULL && (outcome = release(task, outcome, ROOM_MS)) == TASK_FULL)
        room_tell(task);
    if (outcome == TASK_LOST && task->folder)
        clean_up_after_loss(task);
    static const char *const names[] = {"done", "film", "later", "shot", "lost", "full"};
    log_info(NULL, "task", "asset=%lld kind=%s first=%d count=%d make=%d attempt=%d outcome=%s ms=%lld cpu_ms=%lld",
             (long long)task->asset, task->kind, task->first, task->count, task->make, task->attempt, names[outcome],
             (long long)(clock_ms() - began_ms), (long long)task->cpu_ms);
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
    bell_wait(&turn, ACTOR_BEHIND_MS);
    while (db && arena) {
        struct task task = {.actor = runners.actor, .db = db, .arena = arena, .worker = worker};
        if (!actor_stopping(runners.actor) && db_connect(db) == OK && claim(&task, seat.rank_max))
            run_task(&task);
        else if (!bell_wait(&turn, IDLE_MS))
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
    bell_end();
    for (size_t i = 0; i < runners.count; i++)
        pthread_join(runners.threads[i], NULL);
}
