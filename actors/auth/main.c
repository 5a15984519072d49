#define DB_QUERIES_TABLE
#include "actors/auth/auth.h"
#include "protocol/node/config.h"

enum { ME_MOST = 256 };

static const struct handler handlers[] = {
    {.message = MSG_auth_register, .one = auth_register, .transaction = true},
    {.message = MSG_auth_login, .one = auth_login, .transaction = true},
    {.message = MSG_auth_refresh, .one = auth_refresh, .transaction = true},
    {.message = MSG_auth_logout, .one = auth_logout},
    {.message = MSG_auth_me, .many = auth_me, .most = ME_MOST},
    {.message = MSG_auth_keys, .one = auth_keys},
    {.message = MSG_auth_revoked, .one = auth_revoked},
    {.message = MSG_auth_activate, .one = auth_activate, .transaction = true},
    {.message = MSG_auth_forgot, .one = auth_forgot, .transaction = true},
    {.message = MSG_auth_resend, .one = auth_resend, .transaction = true},
    {.message = MSG_auth_link, .one = auth_link, .transaction = true, .once = true},
    {.message = MSG_auth_reset, .one = auth_reset, .transaction = true},
    {.message = MSG_auth_password, .one = auth_password, .transaction = true},
    {.message = MSG_auth_sessions, .one = auth_sessions},
    {.message = MSG_auth_session_end, .one = auth_session_end, .transaction = true},
    {.message = MSG_auth_sessions_end, .one = auth_sessions_end, .transaction = true},
    {.message = MSG_auth_totp_begin, .one = auth_totp_begin, .transaction = true},
    {.message = MSG_auth_totp_confirm, .one = auth_totp_confirm, .transaction = true},
    {.message = MSG_auth_totp_off, .one = auth_totp_off, .transaction = true},
    {.message = MSG_auth_leave, .one = auth_leave, .transaction = true},
    {.message = MSG_auth_export, .one = auth_export},
    {.message = MSG_auth_profile, .one = auth_profile},
    {.message = MSG_auth_picture, .one = auth_picture, .transaction = true},
    {.message = MSG_auth_address, .one = auth_address, .transaction = true},
    {.message = MSG_auth_recovery, .one = auth_recovery, .transaction = true},
    {.message = MSG_auth_users, .one = auth_users},
    {.message = MSG_auth_user, .one = auth_user},
    {.message = MSG_auth_user_suspend, .one = auth_user_suspend, .transaction = true},
    {.message = MSG_auth_user_role, .one = auth_user_role, .transaction = true},
    {.message = MSG_auth_user_sessions, .one = auth_user_sessions},
    {.message = MSG_auth_user_logout, .one = auth_user_logout, .transaction = true},
    {.message = MSG_auth_user_reset, .one = auth_user_reset, .transaction = true},
    {.message = MSG_auth_user_delete, .one = auth_user_delete, .transaction = true},
    {.message = MSG_auth_audit, .one = auth_audit},
    {.message = MSG_auth_keys_rotate, .one = auth_keys_rotate, .transaction = true},
    {.message = MSG_auth_jwks, .one = auth_jwks},
    {.message = MSG_auth_import, .one = auth_import, .transaction = true},
};

static int start(struct actor *actor, struct db *db) {
    (void)actor;
    return keyring_load(db) || administrator_ensure(db) ? -1 : 0;
}

static void chore(struct actor *actor, struct db *db) {
    (void)actor;
    keyring_refresh(db);
    rows_free(db_run(db, Q_ends_sweep, NULL, NULL, NULL));
    rows_free(db_run(db, Q_sessions_sweep, NULL, NULL, NULL));
    rows_free(db_run(db, Q_tokens_sweep, NULL, NULL, NULL));
    rows_free(db_run(db, Q_spent_sweep, NULL, NULL, ARGS(ARG_INT("seconds", config()->refresh_seconds))));
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
        .chore_ms = 5000,
    });
}
