#include <stdio.h>
#include <string.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"
#include "protocol/node/config.h"

/* Ready means playable: every segment that the playlists promise is in the store, with the size that was written. */
static enum outcome verify(struct task *task, const char *folder, const char *extension, int rung, bool all) {
    char name[NAME_BYTES];
    struct rows *rows =
        db_run(task->db, Q_segments, NULL, NULL, ARGS(ARG_INT("asset", task->asset), ARG_INT("rung", rung)));
    if (!rows)
        return TASK_LATER;
    bool good = !all || (int)rows_count(rows) == task->segments;
    for (size_t i = 0; good && i < rows_count(rows); i++) {
        snprintf(name, sizeof name, "assets/%s/%s/segment_%03zu.%s", task->folder, folder, i, extension);
        good = rows_int(rows, i, "number") == (int64_t)i && store_size(name) == rows_int(rows, i, "bytes") &&
               task_renew(task);
    }
    if (!strcmp(extension, "m4s") && rows_count(rows)) {
        snprintf(name, sizeof name, "assets/%s/%s/init.mp4", task->folder, folder);
        good = good && store_size(name) > 0;
    }
    rows_free(rows);
    if (!good)
        log_error(NULL, "segments_missing", "asset=%lld folder=%s", (long long)task->asset, folder);
    return good ? TASK_DONE : TASK_LATER;
}

static enum outcome verify_tracks(struct task *task) {
    char folder[32];
    struct rows *rows = db_run(task->db, Q_tracks, NULL, NULL, ARGS(ARG_INT("asset", task->asset)));
    enum outcome outcome = rows ? TASK_DONE : TASK_LATER;
    for (size_t i = 0; outcome == TASK_DONE && i < rows_count(rows); i++) {
        bool text = rows_text(rows, i, "kind")[0] == 't';
        int number = (int)rows_int(rows, i, "number");
        snprintf(folder, sizeof folder, "%s_%d", text ? "text" : "audio", number);
        outcome =
            verify(task, folder, text ? "vtt" : task_extension(task), number + (text ? RUNG_TEXT : RUNG_AUDIO), false);
    }
    rows_free(rows);
    return outcome;
}

static enum status replace_older(struct task *task) {
    rows_free(db_run(task->db, Q_tasks_lock_older, NULL, NULL,
                     ARGS(ARG_INT("title_id", task->title), ARG_INT("asset", task->asset))));
    if (db_status(task->db) != OK || subtitles_carry(task) != OK)
        return db_status(task->db) != OK ? db_status(task->db) : INTERNAL;
    rows_free(db_run(task->db, Q_assets_replace, NULL, NULL,
                     ARGS(ARG_INT("title_id", task->title), ARG_INT("asset", task->asset), ARG_INT("rank", RANK_FINISH),
                          ARG_INT("seconds", config()->playback_seconds), ARG_INT("lease_ms", config()->lease_ms))));
    return db_status(task->db);
}

static enum status add(struct task *task, const char *kind, int make) {
    rows_free(db_run(task->db, Q_task_add, NULL, NULL,
                     ARGS(ARG_INT("asset", task->asset), ARG_TEXT("kind", kind), ARG_INT("rank", RANK_FILE),
                          ARG_INT("first", 0), ARG_INT("count", 0), ARG_INT("make", make))));
    return db_status(task->db);
}

/* What is nice to have, once nobody waits for the film any more. */
static enum status add_extras(struct task *task) {
    enum status status = add(task, "sheet", 0);
    for (size_t i = 0; status == OK && !strcmp(config()->files, "on") && i < task->rung_count; i++)
        status = add(task, "file", (int)i);
    return status;
}

enum outcome task_finish(struct task *task, const char **why) {
    char name[NAME_BYTES];
    enum outcome outcome = TASK_DONE;
    if (task->segments < 1) {
        *why = "The film has no picture that can be shown.";
        return TASK_FILM;
    }
    for (size_t i = 0; outcome == TASK_DONE && i < task->rung_count; i++)
        outcome = verify(task, task->rungs[i].name, task_extension(task), (int)i, true);
    if (outcome == TASK_DONE)
        outcome = verify_tracks(task);
    if (outcome == TASK_DONE)
        outcome = commit_begin(task);
    if (outcome != TASK_DONE)
        return outcome;
    rows_free(db_run(task->db, Q_asset_finish, NULL, NULL, ARGS(ARG_INT("asset", task->asset))));
    if (db_status(task->db) != OK || replace_older(task) != OK || add_extras(task) != OK ||
        playlists_write(task, true)) {
        db_rollback(task->db);
        return TASK_LATER;
    }
    outcome = commit_end(task, true);
    if (outcome != TASK_DONE)
        return outcome;
    snprintf(name, sizeof name, "assets/%s/sound", task->folder);
    store_delete(name);
    return TASK_DONE;
}
