#include <stdio.h>
#include <string.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"
#include "protocol/node/config.h"

int upload_remove(struct db *db, const char *id) {
    char name[NAME_BYTES], beside[NAME_BYTES];
    struct rows *rows = db_run(db, Q_upload_remains, NULL, NULL, ARGS(ARG_TEXT("id", id)));
    snprintf(name, sizeof name, "uploads/%s", id);
    if (rows && rows_count(rows)) {
        const char *multipart = rows_text(rows, 0, "multipart");
        snprintf(beside, sizeof beside, "uploads/%s.tail-%lld", id, (long long)rows_int(rows, 0, "tail_fence"));
        if (store_remote())
            store_delete(beside);
        if (multipart && *multipart && place_abort(store_place(), name, multipart))
            log_warn(NULL, "upload_abort_failed", "name=%s", log_value(name));
        rows_free(db_run(db, Q_upload_parts_end, NULL, NULL, ARGS(ARG_TEXT("id", id))));
    }
    rows_free(rows);
    if (store_remote())
        place_tidy(store_place(), name);
    /* What an edge leaves that dies within a piece that has a checksum. */
    snprintf(beside, sizeof beside, "uploads/%s.checked", id);
    int rc = (!store_remote() && store_delete(beside)) || store_delete(name) ? -1 : 0;
    if (rc)
        log_warn(NULL, "store_delete_failed", "name=%s", log_value(name));
    return rc;
}

void uploads_remove_spent(struct db *db) {
    struct rows *rows = db_run(db, Q_uploads_spent, NULL, NULL, NULL);
    for (size_t i = 0; rows && i < rows_count(rows); i++) {
        const char *id = rows_text(rows, i, "id");
        if (!upload_remove(db, id))
            rows_free(db_run(db, Q_upload_state, NULL, NULL, ARGS(ARG_TEXT("id", id), ARG_TEXT("state", "gone"))));
    }
    rows_free(rows);
}

void uploads_sweep(struct db *db) {
    struct rows *rows = db_run(db, Q_uploads_expired, NULL, NULL, ARGS(ARG_INT("seconds", config()->upload_seconds)));
    for (size_t i = 0; rows && i < rows_count(rows); i++)
        log_info(NULL, "upload_given_up", "id=%s", rows_text(rows, i, "id"));
    rows_free(rows);
    uploads_remove_spent(db);
}
