#define DB_QUERIES_TABLE db_queries
#include "actors/mail/mail.h"

static const struct handler handlers[] = {
    {.message = MSG_mail_queue, .one = mail_queue},
    {.message = MSG_mail_forget_account, .one = mail_forget_account, .transaction = true},
    {.message = MSG_mail_list, .one = mail_list},
    {.message = MSG_mail_show, .one = mail_show},
    {.message = MSG_mail_retry, .one = mail_retry},
    {.message = MSG_mail_drop, .one = mail_drop},
    {.message = MSG_mail_notifications, .one = mail_notifications},
    {.message = MSG_mail_unread, .one = mail_unread},
    {.message = MSG_mail_read, .one = mail_read},
    {.message = MSG_mail_read_all, .one = mail_read_all},
    {.message = MSG_mail_preferences, .one = mail_preferences},
    {.message = MSG_mail_prefer, .one = mail_prefer, .transaction = true},
    {.message = MSG_mail_export, .one = mail_export},
    {.message = MSG_mail_state, .one = mail_state},
};

static int start(struct actor *actor, struct db *db) {
    (void)actor, (void)db;
    return sender_start(db_queries, Q_COUNT);
}

static void chore(struct actor *actor, struct db *db) {
    (void)actor;
    rows_free(db_run(db, Q_gone_sweep, NULL, NULL, NULL));
}

static void stop(struct actor *actor) {
    (void)actor;
    sender_stop();
}

int main(void) {
    return actor_run(&(struct actor_options){
        .service = SERVICE_mail,
        .handlers = handlers,
        .handler_count = sizeof handlers / sizeof *handlers,
        .queries = db_queries,
        .query_count = Q_COUNT,
        .start = start,
        .stop = stop,
        .chore = chore,
        .chore_ms = 3600000,
    });
}
