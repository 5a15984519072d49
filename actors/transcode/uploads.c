#include <stdio.h>
#include <string.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"
#include "protocol/node/config.h"

void upload_remove(struct db *db, const char *id) {
    char name[NAME_BYTES], tail[NAME_BYTES];
    struct rows *rows = store_remote() ? db_run(db, Q_upload_remains, NULL, NULL, ARGS(ARG_TEXT("id", id))) : NULL;
    snprintf(name, sizeof name, "uploads/%s", id);
    if (rows && rows_count(rows)) {
        const char *multipart = rows_text(rows, 0, "multipart");
        snprintf(tail, sizeof tail, "uploads/%s.tail-%lld", id, (long long)rows_int(rows, 0, "tail_fence"));
        store_delete(tail);
        if (multipart && *multipart && place_abort(store_place(), name, multipart))
            log_warn(NULL, "upload_abort_failed", "name=%s", log_value(name));
        rows_free(db_run(db, Q_upload_parts_end, NULL, NULL, ARGS(ARG_TEXT("id", id))));
    }
    rows_free(rows);
    if (store_delete(name))
        log_warn(NULL, "store_delete_failed", "name=%s", log_value(name));
}

void uploads_sweep(struct db *db) {
    struct rows *rows = db_run(db, Q_uploads_expired, NULL, NULL, ARGS(ARG_INT("seconds", config()->upload_seconds)));
    for (size_t i = 0; rows && i < rows_count(rows); i++) {
        log_info(NULL, "upload_given_up", "id=%s", rows_text(rows, i, "id"));
        upload_remove(db, rows_text(rows, i, "id"));
    }
    rows_free(rows);
}
