#include <stdio.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"

/* Longer than a worker goes on that lost its lease, with a store that answers late. */
enum { LEFT_SECONDS = 300 };

int leftover_delete(const char *folder) {
    char path[NAME_BYTES];
    snprintf(path, sizeof path, "assets/%s", folder);
    int rc = store_delete(path);
    if (rc)
        log_warn(NULL, "store_delete_failed", "name=%s", log_value(path));
    return rc;
}

/* Taking one puts it behind all others: several processes share them, a store may take minutes to delete, and one that
 * stays must not keep the others waiting. */
static bool sweep_one(struct db *db) {
    struct rows *rows = db_run(db, Q_leftover_take, NULL, NULL, ARGS(ARG_INT("seconds", LEFT_SECONDS)));
    const char *folder = rows && rows_count(rows) ? rows_text(rows, 0, "folder") : NULL;
    bool deleted = folder && !leftover_delete(folder);
    if (deleted)
        rows_free(db_run(db, Q_leftover_end, NULL, NULL, ARGS(ARG_TEXT("folder", folder))));
    rows_free(rows);
    return deleted && db_status(db) == OK;
}

void leftovers_sweep(struct db *db) {
    while (sweep_one(db))
        continue;
}
