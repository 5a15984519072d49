#include "actors/transcode/transcode.h"
#include "db/store/store.h"

/* Never the last byte: uploads, logs and the database may live on the same disk. */
#define ROOM_KEPT_BYTES (32ll << 20)

bool room_is_short(void) {
    int64_t free_bytes = store_free_bytes();
    return free_bytes >= 0 && free_bytes < ROOM_KEPT_BYTES;
}

enum outcome room_reserve(struct task *task, int64_t bytes) {
    rows_free(db_run(task->db, Q_room_lock, NULL, NULL, ARGS(ARG_INT("asset", task->asset))));
    if (db_status(task->db) != OK)
        return TASK_LATER;
    struct rows *rows = db_run(task->db, Q_room_promised, NULL, NULL, ARGS(ARG_INT("asset", task->asset)));
    int64_t promised = rows_int(rows, 0, "bytes"), free_bytes = store_free_bytes();
    bool known = rows && rows_count(rows);
    rows_free(rows);
    if (!known)
        return TASK_LATER;
    return free_bytes >= 0 && free_bytes - ROOM_KEPT_BYTES - promised < bytes ? TASK_FULL : TASK_DONE;
}

void room_tell(struct task *task) {
    static const char why[] = "There is no room for this film on the server. It goes on by itself once there is.";
    if (db_begin(task->db) != OK)
        return;
    struct rows *rows =
        db_run(task->db, Q_asset_waits, NULL, NULL, ARGS(ARG_INT("asset", task->asset), ARG_TEXT("error", why)));
    bool told = rows && rows_count(rows);
    rows_free(rows);
    if (!told) {
        db_rollback(task->db);
        return;
    }
    log_warn(NULL, "no_room", "asset=%lld free=%lld", (long long)task->asset, (long long)store_free_bytes());
    commit_end(task, true);
}
