#ifndef ZOE_ACTORS_AUTH_BILLING_H
#define ZOE_ACTORS_AUTH_BILLING_H

#include "actors/auth/auth.h"

/* Plans, subscriptions, the ledger, and what the payment provider tells. */

/* billing.c */
/* Fills the reply with subscription `id` of an account; 0: the running one, else the pending one, else the last. */
enum status subscription_reply(struct call *call, int64_t account_id, int64_t id);
/* Newest first, at most 200. */
enum status subscriptions_list(struct call *call, int64_t account_id, struct list *to);
/* Holds the account until the end of the transaction; NOT_FOUND when it is gone. */
enum status account_hold(struct call *call, int64_t account_id);
enum status plan_reply(struct call *call, int64_t id);
enum status plan_missing(struct call *call);
/* Refuses a currency or an address that cannot be one; each may be NULL. */
enum status plan_check(struct call *call, const char *currency, const char *checkout_url);
/* A page of the ledger; `account_id` 0 and `status` NULL for all. */
enum status payments_page(struct call *call, int64_t limit, const char *cursor, int64_t account_id, const char *status);

/* money.c: "9.99 EUR", with as many decimals as the currency has. */
enum { MONEY_BYTES = 40 };
void money_text(int64_t amount, const char *currency, char to[MONEY_BYTES]);

/* stripe.c: the provider's words. */
/* Whether `signature` (Stripe-Signature) was made of `payload` with `secret`, not longer than `tolerance` seconds from
 * `now` (seconds since 1970). Several v1 count each for itself; other schemes are passed over. */
bool stripe_signed(struct bytes payload, const char *signature, const char *secret, int64_t now, int64_t tolerance);

/* What an event says to us. Texts are in the arena; 0 and NULL where it says nothing. */
struct fact {
    const char *id, *type, *kind; /* kind: of webhook_events.kind */
    const char *reference;        /* of the subscription; account:NUMBER for payments without one */
    const char *links;            /* an SQL array of numbers that tie refunds to payments */
    const char *currency, *document;
    int64_t created, period_end; /* seconds since 1970 */
    int64_t account, plan, amount;
    bool has_amount, renews, has_renews;
    bool nobody; /* the account that it names is gone */
};
/* 0, or -1 when the payload is no event. */
int stripe_read(struct bytes payload, struct arena *arena, struct fact *fact);

/* settle.c: makes an event that is kept already count, in the running transaction. */
enum status fact_settle(struct call *call, const struct fact *fact);

/* renewal.c: what is due ends or goes on, as a chore. */
void renewal_run(struct actor *actor, struct db *db);

#endif
