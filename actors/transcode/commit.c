#include "actors/transcode/transcode.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

static struct rows *run(struct task *task, unsigned query) {
    return db_run(task->db, query, NULL, NULL,
                  ARGS(ARG_INT("task", task->id), ARG_TEXT("worker", task->worker), ARG_INT("attempt", task->attempt),
                       ARG_INT("asset", task->asset), ARG_INT("lease_ms", config()->lease_ms)));
}

bool task_renew(struct task *task) {
    int64_t now = clock_ms();
    if (now - task->renewed_ms < config()->lease_ms / 3)
        return true;
    struct rows *rows = run(task, Q_task_renew);
    bool held = rows && rows_count(rows);
    bool unknown = !rows;
    rows_free(rows);
    if (held)
        task->renewed_ms = now;
    /* Without a database the work may go on: the commit checks the lease again. */
    return held || (unknown && now - task->renewed_ms < 10 * config()->lease_ms);
}

enum outcome task_held(struct task *task) {
    struct rows *rows = run(task, Q_task_renew);
    enum outcome outcome = !rows ? TASK_LATER : rows_count(rows) ? TASK_DONE : TASK_LOST;
    rows_free(rows);
    return outcome;
}

/* Of the task that holds the lease: `change` is what becomes of it. The asset is locked after it, always in this order.
 */
static enum outcome lock(struct task *task, struct rows *change) {
    struct rows *rows = change;
    bool held = rows && rows_count(rows);
    bool failed = !rows;
    rows_free(rows);
    if (held) {
        rows = run(task, Q_asset_lock);
        failed = !rows || !rows_count(rows);
        rows_free(rows);
    }
    if (held && !failed)
        return TASK_DONE;
    db_rollback(task->db);
    return failed ? TASK_LATER : TASK_LOST;
}

enum outcome commit_begin(struct task *task) {
    return db_begin(task->db) == OK ? lock(task, run(task, Q_task_done)) : TASK_LATER;
}

enum outcome commit_part(struct task *task, int first, int count) {
    if (db_begin(task->db) != OK)
        return TASK_LATER;
    return lock(task, db_run(task->db, Q_task_part, NULL, NULL,
                             ARGS(ARG_INT("task", task->id), ARG_TEXT("worker", task->worker),
                                  ARG_INT("attempt", task->attempt), ARG_INT("first", first), ARG_INT("count", count),
                                  ARG_INT("lease_ms", config()->lease_ms))));
}

enum outcome commit_end(struct task *task, bool news) {
    if (news && news_post(task->db, task->arena, task->asset) != OK) {
        db_rollback(task->db);
        return TASK_LATER;
    }
    if (db_commit(task->db) != OK)
        return TASK_LATER;
    if (news)
        actor_posted(task->actor);
    bell_ring();
    return TASK_DONE;
}

static struct list renditions_of(struct db *db, struct arena *arena, int64_t asset) {
    struct rows *rows = db_run(db, Q_renditions, NULL, NULL, ARGS(ARG_INT("asset", asset)));
    struct list list = {0};
    if (!rows)
        return list;
    list = rows_list(rows, rendition_record(), arena);
    size_t playable = 0;
    for (size_t i = 0; i < list.n; i++)
        if (rows_int(rows, i, "segments") > 0)
            LIST_AT(list, struct rendition, playable++) = LIST_AT(list, struct rendition, i);
    list.n = playable;
    rows_free(rows);
    return list;
}

enum status news_post(struct db *db, struct arena *arena, int64_t asset) {
    struct processing_news news = {0};
    struct rows *rows = db_run(db, Q_asset_news, NULL, NULL, ARGS(ARG_INT("asset", asset)));
    bool good = rows && rows_count(rows) && !rows_fill(rows, 0, processing_news_record(), &news, arena);
    rows_free(rows);
    if (!good)
        return db_status(db) == OK ? INTERNAL : db_status(db);
    news.renditions = renditions_of(db, arena, asset);
    return outbox_put(db, MSG_content_processed, &news);
}
