#include "actors/transcode/playlist.h"
#include "actors/transcode/transcode.h"
#include "db/store/store.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

static struct rows *run(struct task *task, unsigned query) {
    return db_run(task->db, query, NULL, NULL,
                  ARGS(ARG_INT("task", task->id), ARG_TEXT("worker", task->worker), ARG_INT("attempt", task->attempt),
                       ARG_INT("asset", task->asset), ARG_INT("lease_ms", config()->lease_ms)));
}

bool task_renew(struct task *task) {
    int64_t now = clock_ms();
    if (now - task->renewed_ms < config()->lease_ms / 3)
        return true;
    struct rows *rows = run(task, Q_task_renew);
    bool held = rows && rows_count(rows);
    bool unknown = !rows;
    rows_free(rows);
    if (held)
        task->renewed_ms = now;
    /* Without a database the work may go on: the commit checks the lease again. */
    return held || (unknown && now - task->renewed_ms < 10 * config()->lease_ms);
}

enum outcome commit_begin(struct task *task) {
    if (db_begin(task->db) != OK)
        return TASK_LATER;
    struct rows *rows = run(task, Q_task_done);
    bool held = rows && rows_count(rows);
    bool failed = !rows;
    rows_free(rows);
    if (held) {
        rows = run(task, Q_asset_lock);
        failed = !rows || !rows_count(rows);
        rows_free(rows);
    }
    if (held && !failed)
        return TASK_DONE;
    db_rollback(task->db);
    return failed ? TASK_LATER : TASK_LOST;
}

enum outcome commit_end(struct task *task, bool news) {
    if (news && news_post(task->db, task->arena, task->asset) != OK) {
        db_rollback(task->db);
        return TASK_LATER;
    }
    if (db_commit(task->db) != OK)
        return TASK_LATER;
    if (news)
        actor_posted(task->actor);
    runner_wake();
    return TASK_DONE;
}

static struct list renditions_of(struct db *db, struct arena *arena, int64_t asset) {
    struct rows *rows = db_run(db, Q_renditions, NULL, NULL, ARGS(ARG_INT("asset", asset)));
    struct list list = {0};
    if (!rows)
        return list;
    list = rows_list(rows, rendition_record(), arena);
    size_t playable = 0;
    for (size_t i = 0; i < list.n; i++)
        if (rows_int(rows, i, "segments") > 0)
            LIST_AT(list, struct rendition, playable++) = LIST_AT(list, struct rendition, i);
    list.n = playable;
    rows_free(rows);
    return list;
}

enum status news_post(struct db *db, struct arena *arena, int64_t asset) {
    struct processing_news news = {0};
    struct rows *rows = db_run(db, Q_asset_news, NULL, NULL, ARGS(ARG_INT("asset", asset)));
    bool good = rows && rows_count(rows) && !rows_fill(rows, 0, processing_news_record(), &news, arena);
    rows_free(rows);
    if (!good)
        return db_status(db) == OK ? INTERNAL : db_status(db);
    news.renditions = renditions_of(db, arena, asset);
    return outbox_put(db, MSG_content_processed, &news);
}

static int put(const struct task *task, const char *name, struct buffer *text) {
    const char *path = arena_print(task->arena, "assets/%s/%s", task->folder, name);
    int rc = text->failed || !path || !name ? -1 : store_put(path, text->at, text->n);
    buffer_free(text);
    return rc;
}

/* Only what follows without a gap may be listed: an EVENT playlist only ever grows at its end. */
static int write_media(struct task *task, int rung, const char *name, bool whole) {
    struct buffer text = {0};
    struct rows *rows =
        db_run(task->db, Q_segments, NULL, NULL, ARGS(ARG_INT("asset", task->asset), ARG_INT("rung", rung)));
    size_t n = rows ? rows_count(rows) : 0, listed = 0;
    struct segment_entry *entries = arena_alloc(task->arena, (n + 1) * sizeof *entries);
    for (; entries && listed < n && rows_int(rows, listed, "number") == (int64_t)listed; listed++)
        entries[listed] = (struct segment_entry){.duration_us = rows_int(rows, listed, "duration_us"),
                                                 .bytes = (uint32_t)rows_int(rows, listed, "bytes")};
    rows_free(rows);
    if (!entries || (whole && listed != n))
        return -1;
    if (!listed)
        return 0;
    playlist_media(entries, listed, whole, &text);
    return put(task, arena_print(task->arena, "%s/index.m3u8", name), &text);
}

int playlists_write(struct task *task, bool whole) {
    struct rendition_entry entries[MEDIA_RUNGS_MAX];
    struct buffer text = {0};
    size_t n = 0;
    struct rows *rows = db_run(task->db, Q_renditions, NULL, NULL, ARGS(ARG_INT("asset", task->asset)));
    if (!rows)
        return -1;
    int rc = 0;
    for (size_t i = 0; !rc && i < rows_count(rows) && i < MEDIA_RUNGS_MAX; i++) {
        if (!rows_int(rows, i, "segments"))
            continue;
        entries[n++] = (struct rendition_entry){.name = rows_text(rows, i, "name"),
                                                .width = (uint32_t)rows_int(rows, i, "width"),
                                                .height = (uint32_t)rows_int(rows, i, "height"),
                                                .fps_num = task->fps_num,
                                                .fps_den = task->fps_den,
                                                .bandwidth = rows_int(rows, i, "bandwidth"),
                                                .average = rows_int(rows, i, "average"),
                                                .ceiling = rows_int(rows, i, "maxrate") + 2 * MEDIA_AUDIO_BITRATE,
                                                .profile = (uint32_t)rows_int(rows, i, "profile"),
                                                .audio = task->has_audio};
        rc = write_media(task, (int)rows_int(rows, i, "rung"), rows_text(rows, i, "name"), whole);
    }
    if (!rc && n) {
        playlist_master(entries, n, whole, &text);
        rc = put(task, "master.m3u8", &text);
    }
    rows_free(rows);
    return rc;
}
