#include <stdio.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"

/* Longer than a worker goes on that lost its lease, with a store that answers late. */
enum { LEFT_SECONDS = 300 };

int leftover_delete(const char *folder, const char *name) {
    char path[NAME_BYTES];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int rc = store_delete(path);
    if (rc)
        log_warn(NULL, "store_delete_failed", "name=%s", log_value(path));
    return rc;
}

/* One in a transaction of its own: several processes share them. What stays comes after all others next time. */
static bool sweep_one(struct db *db) {
    if (db_begin(db) != OK)
        return false;
    struct rows *rows = db_run(db, Q_leftover_take, NULL, NULL, ARGS(ARG_INT("seconds", LEFT_SECONDS)));
    const char *folder = rows && rows_count(rows) ? rows_text(rows, 0, "folder") : NULL;
    bool deleted = folder && !leftover_delete("assets", folder);
    if (folder)
        rows_free(
            db_run(db, deleted ? Q_leftover_end : Q_leftover_later, NULL, NULL, ARGS(ARG_TEXT("folder", folder))));
    rows_free(rows);
    if (folder && db_status(db) == OK)
        return db_commit(db) == OK && deleted;
    db_rollback(db);
    return false;
}

void leftovers_sweep(struct db *db) {
    while (sweep_one(db))
        continue;
}
