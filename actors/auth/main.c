#define DB_QUERIES_TABLE db_queries
#include "actors/auth/billing.h"
#include "protocol/node/config.h"

enum { ME_MOST = 256 };

static const struct handler handlers[] = {
    {.message = MSG_auth_register, .one = auth_register, .transaction = true},
    {.message = MSG_auth_login, .one = auth_login, .transaction = true},
    {.message = MSG_auth_refresh, .one = auth_refresh, .transaction = true},
    {.message = MSG_auth_logout, .one = auth_logout},
    {.message = MSG_auth_me, .many = auth_me, .most = ME_MOST, .solo = true},
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
    {.message = MSG_auth_plans, .one = auth_plans},
    {.message = MSG_auth_plan, .one = auth_plan},
    {.message = MSG_auth_plan_create, .one = auth_plan_create, .transaction = true},
    {.message = MSG_auth_plan_change, .one = auth_plan_change, .transaction = true},
    {.message = MSG_auth_plan_delete, .one = auth_plan_delete, .transaction = true},
    {.message = MSG_auth_subscribe, .one = auth_subscribe, .transaction = true},
    {.message = MSG_auth_subscription, .one = auth_subscription},
    {.message = MSG_auth_unsubscribe, .one = auth_unsubscribe, .transaction = true},
    {.message = MSG_auth_payments, .one = auth_payments},
    {.message = MSG_auth_entitled, .one = auth_entitled},
    {.message = MSG_auth_webhook, .one = auth_webhook, .transaction = true},
    {.message = MSG_auth_ledger, .one = auth_ledger},
    {.message = MSG_auth_user_subscriptions, .one = auth_user_subscriptions},
    {.message = MSG_auth_grant, .one = auth_grant, .transaction = true},
    {.message = MSG_auth_grant_end, .one = auth_grant_end, .transaction = true},
    {.message = MSG_auth_email_exists, .one = auth_email_exists},
};

static int start(struct actor *actor, struct db *db) {
    (void)actor;
    limits_load();
    return keyring_load(db) || administrator_ensure(db) ? -1 : 0;
}

static void chore(struct actor *actor, struct db *db) {
    keyring_refresh(db);
    rows_free(db_run(db, Q_ends_sweep, NULL, NULL, NULL));
    rows_free(db_run(db, Q_sessions_sweep, NULL, NULL, NULL));
    rows_free(db_run(db, Q_tokens_sweep, NULL, NULL, NULL));
    rows_free(db_run(db, Q_spent_sweep, NULL, NULL, ARGS(ARG_INT("seconds", config()->refresh_seconds))));
    rows_free(db_run(db, Q_events_sweep, NULL, NULL, NULL));
    renewal_run(actor, db);
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
