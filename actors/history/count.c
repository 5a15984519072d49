#include "actors/history/history.h"
#include "actors/history/model.h"
#include "protocol/wire/buffer.h"

static int count(struct db *db) {
    struct rows *rows = db_run(db, Q_views_count, NULL, NULL, ARGS(ARG_INT("half_days", POPULAR_HALF_DAYS)));
    int rc = rows ? 0 : -1;
    rows_free(rows);
    return rc;
}

static int note_told(struct db *db, const struct rows *rows) {
    struct buffer titles = {0}, weeks = {0};
    struct rows *done = NULL;
    for (size_t i = 0; i < rows_count(rows); i++) {
        buffer_print(&titles, "%c%lld", i ? ',' : '{', (long long)rows_int(rows, i, "title_id"));
        buffer_print(&weeks, "%c%lld", i ? ',' : '{', (long long)rows_int(rows, i, "week_views"));
    }
    buffer_print(&titles, "}");
    buffer_print(&weeks, "}");
    if (!titles.failed && !weeks.failed)
        done =
            db_run(db, Q_popularity_told, NULL, NULL, ARGS(ARG_TEXT("titles", titles.at), ARG_TEXT("weeks", weeks.at)));
    int rc = done ? 0 : -1;
    rows_free(done);
    buffer_free(&titles);
    buffer_free(&weeks);
    return rc;
}

/* A small batch at a time; what is left is told in the next turn. 0, or -1. */
static int tell(struct db *db, bool *posted) {
    struct rows *rows = db_run(db, Q_popularity_untold, NULL, NULL, ARGS(ARG_INT("half_days", POPULAR_HALF_DAYS)));
    struct arena *arena = rows ? arena_new() : NULL;
    int rc = arena ? 0 : -1;
    if (!rc && rows_count(rows)) {
        struct views_news news = {.items = rows_list(rows, title_views_record(), arena)};
        bool whole = news.items.n == rows_count(rows);
        rc = whole && outbox_put(db, MSG_content_watched, &news) == OK ? note_told(db, rows) : -1;
        *posted = !rc;
    }
    rows_free(rows);
    arena_free(arena);
    return rc;
}

bool count_views(struct db *db) {
    bool posted = false;
    if (db_begin(db) != OK)
        return false;
    struct rows *lead = db_run(db, Q_views_lead, NULL, NULL, NULL);
    bool ours = lead && rows_bool(lead, 0, "lead");
    rows_free(lead);
    if (!ours || count(db) || tell(db, &posted)) {
        db_rollback(db);
        return false;
    }
    return db_commit(db) == OK && posted;
}
