#include <string.h>

#include "actors/auth/billing.h"
#include "protocol/node/config.h"

/* Makes what the provider told count: the line in the ledger, the subscription as it follows from all that was told of
 * it, a letter. Webhooks are taken one at a time (webhook_lock). */

struct owner {
    int64_t account, plan;
    bool known;
};

/* The reference of an event that carries none. */
static enum status find_reference(struct call *call, struct fact *fact) {
    struct rows *rows = call_run(call, Q_reference_by_links, ARGS(ARG_TEXT("links", fact->links)));
    if (!rows)
        return call->status;
    if (rows_count(rows))
        fact->reference = arena_text(call->arena, rows_text(rows, 0, "reference"));
    else if (fact->account)
        fact->reference = arena_print(call->arena, "account:%lld", (long long)fact->account);
    rows_free(rows);
    if (!fact->reference)
        return OK;
    return call_do(call, Q_event_refer, ARGS(ARG_TEXT("id", fact->id), ARG_TEXT("reference", fact->reference)));
}

static enum status find_owner(struct call *call, const struct fact *fact, struct owner *owner) {
    struct rows *rows = call_run(call, Q_reference_owner, ARGS(ARG_TEXT("reference", fact->reference)));
    if (!rows)
        return call->status;
    *owner = (struct owner){.account = rows_int(rows, 0, "account_id"),
                            .plan = rows_int(rows, 0, "plan_id"),
                            .known = rows_bool(rows, 0, "known") || fact->nobody};
    rows_free(rows);
    return OK;
}

static struct rows *waiting(struct call *call, const char *reference) {
    return call_run(call, Q_events_waiting, ARGS(ARG_TEXT("reference", reference)));
}

/* Refunds that came before their payment was known to be of this reference. */
static enum status fetch_refunds(struct call *call, const char *reference) {
    struct rows *rows = waiting(call, reference);
    for (size_t i = 0; rows && call->status == OK && i < rows_count(rows); i++)
        if (strcmp(rows_text(rows, i, "links"), "{}") != 0)
            call_do(call, Q_refunds_waiting,
                    ARGS(ARG_TEXT("reference", reference), ARG_TEXT("links", rows_text(rows, i, "links"))));
    rows_free(rows);
    return call->status;
}

static const char *ledger_status(const char *kind) {
    return !strcmp(kind, "paid")       ? "completed"
           : !strcmp(kind, "failed")   ? "failed"
           : !strcmp(kind, "refunded") ? "refunded"
                                       : NULL;
}

static struct db_arg account_arg(const struct owner *owner) {
    return owner->account ? (struct db_arg)ARG_INT("account_id", owner->account)
                          : (struct db_arg)ARG_TEXT("account_id", NULL);
}

static enum status apply(struct call *call, const struct rows *rows, size_t i, const char *reference,
                         const struct owner *owner) {
    const char *id = rows_text(rows, i, "id"), *status = ledger_status(rows_text(rows, i, "kind"));
    struct db_arg plan = ARG_INT("plan_id", owner->plan);
    if (call_do(call, Q_event_apply, ARGS(ARG_TEXT("id", id), account_arg(owner), plan)) != OK)
        return call->status;
    if (!status || rows_null(rows, i, "amount"))
        return OK;
    return call_do(call, Q_payment_add,
                   ARGS(account_arg(owner), plan, ARG_TEXT("reference", reference),
                        ARG_TEXT("document", rows_text(rows, i, "document")),
                        ARG_INT("amount", rows_int(rows, i, "amount")),
                        ARG_TEXT("currency", rows_text(rows, i, "currency")), ARG_TEXT("status", status),
                        ARG_TEXT("event_id", id), ARG_INT("at", rows_int(rows, i, "created"))));
}

/* The subscription as all events of the reference make it; *until is the day up to which it is paid for, or "". */
static enum status fold(struct call *call, const char *reference, const struct owner *owner, const char **until) {
    struct db_arg ref = ARG_TEXT("reference", reference), who = account_arg(owner),
                  plan = ARG_INT("plan_id", owner->plan);
    if (call_do(call, Q_subscription_bind, ARGS(ref, who, plan)) != OK ||
        call_do(call, Q_subscription_open, ARGS(ref, who, plan)) != OK)
        return call->status;
    struct rows *rows =
        call_run(call, Q_subscription_fold, ARGS(ref, plan, ARG_INT("grace", config()->renewal_grace_seconds)));
    if (!rows)
        return call->status;
    bool active = rows_count(rows) && !strcmp(rows_text(rows, 0, "state"), "active");
    *until = arena_text(call->arena, rows_text(rows, 0, "until"));
    rows_free(rows);
    return active ? call_do(call, Q_subscription_free_ends, ARGS(who)) : OK;
}

/* What the letter about an event says; NULL for those that nobody needs to hear of. */
static const char *words(struct call *call, const struct rows *rows, size_t i, const char *plan, const char *until) {
    const char *kind = rows_text(rows, i, "kind");
    char money[MONEY_BYTES] = "";
    if (!strcmp(kind, "closed"))
        return arena_print(call->arena, "Your subscription to %s has ended.", plan);
    if (!ledger_status(kind) || rows_null(rows, i, "amount"))
        return NULL;
    money_text(rows_int(rows, i, "amount"), rows_text(rows, i, "currency"), money);
    if (!strcmp(kind, "failed"))
        return arena_print(call->arena, "The payment of %s for %s failed. Please check your means of payment.", money,
                           plan);
    if (!strcmp(kind, "refunded"))
        return arena_print(call->arena, "%s for %s was paid back to you.", money, plan);
    return arena_print(call->arena, "Thank you: we received %s for %s. It is paid for until %s.", money, plan, until);
}

static enum status tell(struct call *call, const struct rows *events, const struct owner *owner, const char *until) {
    struct plan plan = {0};
    struct rows *rows = call_run(call, Q_account_by_id, ARGS(ARG_INT("id", owner->account)));
    struct account *account = rows && rows_count(rows) ? account_from_row(rows, 0, call->arena) : NULL;
    rows_free(rows);
    if (!account || !(rows = call_run(call, Q_plan_show, ARGS(ARG_INT("id", owner->plan)))))
        return call->status;
    int bad = rows_count(rows) ? rows_fill(rows, 0, plan_record(), &plan, call->arena) : -1;
    rows_free(rows);
    for (size_t i = 0; !bad && call->status == OK && i < rows_count(events); i++) {
        const char *detail = words(call, events, i, plan.name, until ? until : "");
        if (detail)
            letter_notice(call, account, "payment", "v1", detail);
    }
    return call->status;
}

enum status fact_settle(struct call *call, const struct fact *told) {
    struct fact fact = *told;
    struct owner owner = {0};
    const char *until = "";
    if (!fact.reference && find_reference(call, &fact) != OK)
        return call->status;
    if (!fact.reference) {
        log_warn(call->header.trace, "event_waits", "event=%s why=reference", fact.id);
        return OK;
    }
    if (find_owner(call, &fact, &owner) != OK)
        return call->status;
    if ((!owner.account && !owner.known) || !owner.plan) {
        log_warn(call->header.trace, "event_waits", "event=%s why=%s", fact.id, owner.plan ? "account" : "plan");
        return OK;
    }
    if (fetch_refunds(call, fact.reference) != OK)
        return call->status;
    struct rows *events = waiting(call, fact.reference);
    for (size_t i = 0; events && call->status == OK && i < rows_count(events); i++)
        apply(call, events, i, fact.reference, &owner);
    if (call->status == OK && owner.account && fold(call, fact.reference, &owner, &until) == OK)
        tell(call, events, &owner, until);
    rows_free(events);
    return call->status;
}
