#define DB_QUERIES_TABLE db_queries
#include "actors/history/history.h"
#include "actors/history/model.h"

static const struct handler handlers[] = {
    {.message = MSG_history_record, .many = history_record, .most = RECORD_MOST},
    {.message = MSG_history_list, .one = history_list},
    {.message = MSG_history_resume, .one = history_resume},
    {.message = MSG_history_learn, .one = history_learn, .transaction = true},
    {.message = MSG_history_forget_account, .one = history_forget_account, .transaction = true},
    {.message = MSG_history_export, .one = history_export},
    {.message = MSG_history_continue, .one = history_continue},
    {.message = MSG_history_next, .one = history_next},
    {.message = MSG_history_clear, .one = history_clear},
    {.message = MSG_history_settings, .one = history_settings},
    {.message = MSG_history_settings_change, .one = history_settings_change, .transaction = true},
    {.message = MSG_history_mark, .one = history_mark, .transaction = true},
    {.message = MSG_history_marks, .one = history_marks},
    {.message = MSG_history_marked, .one = history_marked},
    {.message = MSG_history_view, .one = history_view},
    {.message = MSG_history_recommend, .one = history_recommend},
    {.message = MSG_history_import, .one = history_import, .transaction = true},
};

static int start(struct actor *actor, struct db *db) {
    (void)db;
    return model_start(actor, db_queries, Q_COUNT);
}

static void stop(struct actor *actor) {
    (void)actor;
    model_stop();
}

static void chore(struct actor *actor, struct db *db) {
    static const unsigned sweeps[] = {Q_progress_sweep_deleted, Q_progress_sweep_unknown,
                                      Q_progress_sweep_gone,    Q_gone_sweep,
                                      Q_progress_sweep_old,     Q_views_sweep};
    (void)actor;
    for (size_t i = 0; i < sizeof sweeps / sizeof *sweeps; i++)
        rows_free(db_run(db, sweeps[i], NULL, NULL, NULL));
}

int main(void) {
    return actor_run(&(struct actor_options){
        .service = SERVICE_history,
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
