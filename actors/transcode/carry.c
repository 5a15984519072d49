#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"

/* Subtitles that somebody sent belong to the title: a newer film takes them over from the one whose place it takes.
 * They are cut anew, for its segments are others. */

enum { SOURCE_BYTES_MAX = 4 << 20 };

static int read_source(int file, struct buffer *to) {
    char part[65536];
    ssize_t n = -1;
    if (file < 0 || lseek(file, 0, SEEK_SET) < 0)
        return -1;
    while (to->n <= SOURCE_BYTES_MAX && (n = read(file, part, sizeof part)) != 0 && (n > 0 || errno == EINTR))
        if (n > 0)
            buffer_add(to, part, (size_t)n);
    return n || to->failed || !to->n ? -1 : 0;
}

int subtitles_keep(const struct task *task, int number, int file) {
    char name[NAME_BYTES];
    struct buffer source = {0};
    snprintf(name, sizeof name, "assets/%s/text_%d/source", task->folder, number);
    int rc = read_source(file, &source) || store_put(name, source.at, source.n) ? -1 : 0;
    buffer_free(&source);
    return rc;
}

static int copy(const struct task *task, int number, const char *folder, int from) {
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "assets/%s/text_%d/source", folder, from);
    int file = store_read(name), rc = subtitles_keep(task, number, file);
    if (file >= 0)
        close(file);
    return rc;
}

static enum status add(struct task *task, int number, const struct rows *rows, size_t row) {
    rows_free(db_run(task->db, Q_track_add, NULL, NULL,
                     ARGS(ARG_INT("asset", task->asset), ARG_TEXT("kind", "text"), ARG_INT("number", number),
                          ARG_INT("stream", -1), ARG_TEXT("language", rows_text(rows, row, "language")),
                          ARG_TEXT("name", rows_text(rows, row, "name")), ARG_INT("channels", 0),
                          ARG_BOOL("preferred", false), ARG_BOOL("forced", false))));
    if (db_status(task->db) == OK)
        rows_free(db_run(task->db, Q_task_add, NULL, NULL,
                         ARGS(ARG_INT("asset", task->asset), ARG_TEXT("kind", "text"), ARG_INT("rank", RANK_FINISH),
                              ARG_INT("first", 0), ARG_INT("count", task->segments), ARG_INT("make", number))));
    return db_status(task->db);
}

static int next_number(struct task *task) {
    struct rows *rows =
        db_run(task->db, Q_track_number, NULL, NULL, ARGS(ARG_INT("asset", task->asset), ARG_TEXT("kind", "text")));
    int number = rows ? (int)rows_int(rows, 0, "number") : -1;
    rows_free(rows);
    return number;
}

enum status subtitles_carry(struct task *task) {
    rows_free(db_run(task->db, Q_assets_lock_older, NULL, NULL,
                     ARGS(ARG_INT("title_id", task->title), ARG_INT("asset", task->asset))));
    struct rows *rows = db_status(task->db) != OK
                            ? NULL
                            : db_run(task->db, Q_tracks_to_carry, NULL, NULL,
                                     ARGS(ARG_INT("title_id", task->title), ARG_INT("asset", task->asset)));
    enum status status = rows ? OK : db_status(task->db);
    for (size_t i = 0; status == OK && i < rows_count(rows); i++) {
        int number = next_number(task), from = (int)rows_int(rows, i, "number");
        if (number < 0)
            status = db_status(task->db);
        else if (number >= SUBTITLES_MAX || copy(task, number, rows_text(rows, i, "folder"), from))
            log_warn(NULL, "subtitles_lost", "asset=%lld from=%s number=%d", (long long)task->asset,
                     rows_text(rows, i, "folder"), from);
        else
            status = add(task, number, rows, i);
    }
    rows_free(rows);
    return status;
}
