#include <string.h>

#include "actors/auth/billing.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

static struct db_arg number_or_null(const char *name, int64_t number) {
    return number ? (struct db_arg)ARG_INT(name, number) : (struct db_arg)ARG_TEXT(name, NULL);
}

/* Keeps the event; *fresh is false when it was told before. */
static enum status keep(struct call *call, struct fact *fact, bool *fresh) {
    struct db_arg renews =
        fact->has_renews ? (struct db_arg)ARG_BOOL("renews", fact->renews) : (struct db_arg)ARG_TEXT("renews", NULL);
    struct rows *rows =
        call_run(call, Q_event_add,
                 ARGS(ARG_TEXT("id", fact->id), ARG_TEXT("type", fact->type), ARG_INT("created", fact->created),
                      ARG_TEXT("kind", fact->kind), ARG_TEXT("reference", fact->reference),
                      ARG_TEXT("links", fact->links), number_or_null("account_id", fact->account),
                      number_or_null("plan_id", fact->plan), number_or_null("period_end", fact->period_end), renews,
                      number_or_null("amount", fact->has_amount ? fact->amount : 0),
                      ARG_TEXT("currency", fact->currency), ARG_TEXT("document", fact->document)));
    if (!rows)
        return call->status;
    *fresh = rows_count(rows) > 0;
    /* Named, but not there any more: the books go on without the person. */
    fact->nobody = *fresh && fact->account && rows_null(rows, 0, "account_id");
    rows_free(rows);
    return OK;
}

enum status auth_webhook(struct call *call) {
    const struct webhook_ask *ask = call->ask;
    struct fact fact;
    bool fresh = false;
    if (!*config()->webhook_secret)
        return call_refuse(call, NOT_FOUND, "webhook-off", "No payment provider is set up here (ZOE_WEBHOOK_SECRET).");
    if (!ask->payload.at || !ask->signature ||
        !stripe_signed(ask->payload, ask->signature, config()->webhook_secret, clock_wall_ms() / 1000,
                       config()->webhook_seconds))
        return call_refuse(call, INVALID, "signature-refused", "The signature does not fit, or it is too old.");
    if (stripe_read(ask->payload, call->arena, &fact))
        return call_refuse(call, INVALID, "event-malformed", "The body is no event.");
    if (call_do(call, Q_webhook_lock, NULL) != OK || keep(call, &fact, &fresh) != OK)
        return call->status;
    log_info(call->header.trace, "provider_told", "event=%s type=%s%s", fact.id, log_value(fact.type),
             fresh ? "" : " again=true");
    return fresh && strcmp(fact.kind, "other") != 0 ? fact_settle(call, &fact) : OK;
}
