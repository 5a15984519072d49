#define DB_QUERIES_TABLE db_queries
#include "actors/transcode/transcode.h"
#include "db/store/store.h"

static const struct handler handlers[] = {
    {.message = MSG_transcode_open, .one = transcode_open, .transaction = true},
    {.message = MSG_transcode_join, .one = transcode_join, .transaction = true},
    {.message = MSG_transcode_upload, .one = transcode_upload},
    {.message = MSG_transcode_finish, .one = transcode_finish, .transaction = true},
    {.message = MSG_transcode_abort, .one = transcode_abort, .transaction = true},
    {.message = MSG_transcode_forget, .one = transcode_forget, .transaction = true, .once = true},
    {.message = MSG_transcode_lease, .one = transcode_lease, .transaction = true},
    {.message = MSG_transcode_stored, .one = transcode_stored, .transaction = true},
    {.message = MSG_transcode_picture, .one = transcode_picture},
    {.message = MSG_transcode_picture_keep, .one = transcode_picture_keep},
    {.message = MSG_transcode_picture_drop, .one = transcode_picture_drop},
    {.message = MSG_transcode_jobs, .one = transcode_jobs},
    {.message = MSG_transcode_job, .one = transcode_job},
    {.message = MSG_transcode_job_change, .one = transcode_job_change, .transaction = true},
    {.message = MSG_transcode_job_cancel, .one = transcode_job_cancel, .transaction = true},
    {.message = MSG_transcode_subtitles, .one = transcode_subtitles, .transaction = true},
    {.message = MSG_transcode_subtitles_drop, .one = transcode_subtitles_drop, .transaction = true},
    {.message = MSG_transcode_job_retry, .one = transcode_job_retry, .transaction = true},
};

static int start(struct actor *actor, struct db *db) {
    (void)db;
    return store_open() || runner_start(actor, db_queries) ? -1 : 0;
}

static void chore(struct actor *actor, struct db *db) {
    (void)actor;
    pictures_sweep(db);
    uploads_sweep(db);
    leftovers_sweep(db);
}

static void stop(struct actor *actor) {
    (void)actor;
    runner_stop();
}

int main(void) {
    return actor_run(&(struct actor_options){
        .service = SERVICE_transcode,
        .handlers = handlers,
        .handler_count = sizeof handlers / sizeof *handlers,
        .queries = db_queries,
        .query_count = Q_COUNT,
        .start = start,
        .stop = stop,
        .chore = chore,
        .chore_ms = 600000,
    });
}
