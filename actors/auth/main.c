#define DB_QUERIES_TABLE
#include "actors/auth/auth.h"

enum { ME_MOST = 256 };

static const struct handler handlers[] = {
    {.message = MSG_auth_register, .one = auth_register, .transaction = true},
    {.message = MSG_auth_login, .one = auth_login},
    {.message = MSG_auth_refresh, .one = auth_refresh, .transaction = true},
    {.message = MSG_auth_logout, .one = auth_logout},
    {.message = MSG_auth_me, .many = auth_me, .most = ME_MOST},
    {.message = MSG_auth_keys, .one = auth_keys},
    {.message = MSG_auth_revoked, .one = auth_revoked},
    {.message = MSG_auth_activate, .one = auth_activate, .transaction = true},
};

static int start(struct actor *actor, struct db *db) {
    (void)actor;
    return keyring_load(db) || administrator_ensure(db) ? -1 : 0;
}

static void chore(struct actor *actor, struct db *db) {
    (void)actor;
    rows_free(db_run(db, Q_ends_sweep, NULL, NULL, NULL));
}

int main(void) {
    return actor_run(&(struct actor_options){
        .service = SERVICE_auth,
        .handlers = handlers,
        .handler_count = sizeof handlers / sizeof *handlers,
        .queries = db_queries,
        .query_count = Q_COUNT,
        .start = start,
        .chore = chore,
        .chore_ms = 60000,
    });
}
