#include <stdio.h>
#include <string.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"

enum { SWEEPS_MAX = 6, ARRIVED_SECONDS = 3600 };

bool picture_name_good(const char *name) {
    return strlen(name) == PICTURE_NAME_BYTES - 1 && strspn(name, "0123456789abcdef") == PICTURE_NAME_BYTES - 1;
}

void picture_folder(const char *name, char to[NAME_BYTES]) {
    snprintf(to, NAME_BYTES, "pictures/%.2s/%s", name, name);
}

void pictures_sweep(struct db *db) {
    char folder[NAME_BYTES];
    int arrived = store_sweep("incoming", ARRIVED_SECONDS);
    if (arrived)
        log_info(NULL, "incoming_swept", "files=%d", arrived);
    struct rows *rows = db_run(db, Q_pictures_sweep, NULL, NULL, NULL);
    for (size_t i = 0; rows && i < rows_count(rows); i++) {
        const char *name = rows_text(rows, i, "name");
        picture_folder(name, folder);
        if (rows_int(rows, i, "sweeps") >= SWEEPS_MAX && !store_delete(folder))
            rows_free(db_run(db, Q_picture_delete, NULL, NULL, ARGS(ARG_TEXT("name", name))));
    }
    rows_free(rows);
}
