#include "actors/transcode/transcode.h"
#include "db/store/store.h"

/* Nobody can have an address of this film any more: its files go, then what is known of it. */
enum outcome task_retire(struct task *task, const char **why) {
    (void)why;
    const char *film = arena_print(task->arena, "assets/%s", task->folder);
    const char *upload = arena_print(task->arena, "uploads/%s", task->upload);
    if (!film || !upload || store_delete(film) || store_delete(upload))
        return TASK_LATER;
    enum outcome outcome = commit_begin(task);
    if (outcome != TASK_DONE)
        return outcome;
    rows_free(db_run(task->db, Q_asset_delete, NULL, NULL, ARGS(ARG_INT("asset", task->asset))));
    if (db_status(task->db) != OK) {
        db_rollback(task->db);
        return TASK_LATER;
    }
    return commit_end(task, false);
}
