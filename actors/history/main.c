#define DB_QUERIES_TABLE
#include "actors/history/history.h"

static const struct handler handlers[] = {
    {.message = MSG_history_record, .many = history_record, .most = RECORD_MOST},
    {.message = MSG_history_list, .one = history_list},
    {.message = MSG_history_resume, .one = history_resume},
    {.message = MSG_history_learn, .one = history_learn, .transaction = true},
    {.message = MSG_history_forget_account, .one = history_forget_account, .transaction = true},
    {.message = MSG_history_export, .one = history_export},
};

static void chore(struct actor *actor, struct db *db) {
    (void)actor;
    rows_free(db_run(db, Q_progress_sweep_deleted, NULL, NULL, NULL));
    rows_free(db_run(db, Q_progress_sweep_unknown, NULL, NULL, NULL));
    rows_free(db_run(db, Q_progress_sweep_gone, NULL, NULL, NULL));
    rows_free(db_run(db, Q_gone_sweep, NULL, NULL, NULL));
}

int main(void) {
    return actor_run(&(struct actor_options){
        .service = SERVICE_history,
        .handlers = handlers,
        .handler_count = sizeof handlers / sizeof *handlers,
        .queries = db_queries,
        .query_count = Q_COUNT,
        .chore = chore,
        .chore_ms = 600000,
    });
}
