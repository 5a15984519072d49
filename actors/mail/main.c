#define DB_QUERIES_TABLE
#include "actors/mail/mail.h"

static const struct handler handlers[] = {
    {.message = MSG_mail_queue, .one = mail_queue},
};

static int start(struct actor *actor, struct db *db) {
    (void)actor, (void)db;
    return sender_start(db_queries, Q_COUNT);
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
    });
}
