#include "actors/auth/auth.h"
#include "protocol/node/config.h"

/* There is never a fixed password: without ZOE_ADMIN_PASSWORD there is no administrator. */
int administrator_ensure(struct db *db) {
    char hash[HASH_BYTES];
    struct rows *rows = db_run(db, Q_administrator_any, NULL, NULL, NULL);
    bool any = rows && rows_count(rows);
    rows_free(rows);
    if (db_status(db) != OK)
        return -1;
    if (any)
        return 0;
    if (!*config()->admin_password) {
        log_warn(NULL, "no_administrator", "hint=\"set ZOE_ADMIN_EMAIL and ZOE_ADMIN_PASSWORD\"");
        return 0;
    }
    if (password_hash(config()->admin_password, hash))
        return -1;
    rows_free(db_run(db, Q_administrator_add, NULL, NULL,
                     ARGS(ARG_TEXT("email", config()->admin_email), ARG_TEXT("password_hash", hash))));
    return db_status(db) == OK ? 0 : -1;
}
