#include <stdio.h>
#include <string.h>

#include "actors/auth/billing.h"
#include "protocol/node/config.h"

/* The end of what was paid for: free subscriptions go on, others end when nobody paid in the days of grace. */

static enum status tell_end(struct db *db, const struct rows *due, size_t i) {
    char event[LETTER_EVENT_BYTES], detail[200];
    int64_t account = rows_int(due, i, "account_id");
    letter_event("payment", account, event);
    snprintf(detail, sizeof detail, "Your subscription to %s has ended.", rows_text(due, i, "plan"));
    return outbox_put(db, MSG_mail_queue,
                      &(struct letter){.kind = "payment",
                                       .to = rows_text(due, i, "email"),
                                       .name = rows_text(due, i, "name"),
                                       .account_id = account,
                                       .has_account_id = true,
                                       .dialect = "v1",
                                       .event = event,
                                       .detail = detail});
}

static enum status go_on_or_end(struct db *db, const struct rows *due, size_t i) {
    bool renews = rows_bool(due, i, "renews");
    rows_free(db_run(db, renews ? Q_subscription_renew : Q_subscription_expire, NULL, NULL,
                     ARGS(ARG_INT("id", rows_int(due, i, "id")))));
    return db_status(db) == OK && !renews ? tell_end(db, due, i) : db_status(db);
}

void renewal_run(struct actor *actor, struct db *db) {
    if (db_begin(db) != OK)
        return;
    struct rows *due =
        db_run(db, Q_subscriptions_due, NULL, NULL, ARGS(ARG_INT("grace", config()->renewal_grace_seconds)));
    enum status status = db_status(db);
    size_t n = due ? rows_count(due) : 0;
    for (size_t i = 0; status == OK && i < n; i++)
        status = go_on_or_end(db, due, i);
    rows_free(due);
    if (status == OK && db_commit(db) == OK) {
        if (n)
            actor_posted(actor);
    } else if (status != OK)
        db_rollback(db);
}
