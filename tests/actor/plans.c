#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/actor/tests.h"

/* Plans, subscriptions, the ledger: who may, what is refused, and what happens when many come at once. */

static pid_t auth;
static struct who ann, bob;
static int64_t gold, free_plan;

static struct who enrol(const char *email) {
    const struct account_reply *reply =
        ask_ok(MSG_auth_register, nobody,
               &(struct register_ask){.email = email, .password = "a fine password", .dialect = "v1"});
    return (struct who){.user = reply->account->id, .roles = ROLE_USER};
}

static int64_t make_plan(const char *name, int64_t price) {
    const struct plan *plan = ask_ok(
        MSG_auth_plan_create, admin,
        &(struct plan_new){.name = name, .price = price, .has_price = true, .currency = "EUR", .interval = "month"});
    return plan->id;
}

static int start(void **state) {
    (void)state;
    auth = house_start("zoe-auth", "ZOE_ADMIN_EMAIL=root@example.test ZOE_ADMIN_PASSWORD=correct-horse "
                                   "ZOE_RATE_LIMITS=off ZOE_BCRYPT_COST=4 ZOE_WEBHOOK_SECRET=whsec_test");
    house_await("auth", 1);
    ann = enrol("ann.plans@example.test");
    bob = enrol("bob.plans@example.test");
    gold = make_plan("Gold", 999);
    free_plan = make_plan("Free", 0);
    return 0;
}

static int stop(void **state) {
    (void)state;
    house_stop(auth);
    house_await("auth", 0);
    house_sql("delete from auth.outbox");
    return 0;
}

static void only_administrators_may(void **state) {
    (void)state;
    struct by_id by_id = {.id = gold};
    struct person_ask person = {.id = gold};
    struct plan_new fresh = {.name = "x", .price = 1, .has_price = true, .currency = "EUR", .interval = "year"};
    struct grant_ask grant = {.id = ann.user, .plan_id = gold};
    expect_code(ask(MSG_auth_plans, ann, &(struct plans_ask){.all = true, .has_all = true}), FORBIDDEN, "forbidden");
    expect_code(ask(MSG_auth_plan, ann, &by_id), FORBIDDEN, "forbidden");
    expect_code(ask(MSG_auth_plan_create, ann, &fresh), FORBIDDEN, "forbidden");
    expect_code(ask(MSG_auth_plan_change, ann, &(struct plan_change){.id = gold}), FORBIDDEN, "forbidden");
    expect_code(ask(MSG_auth_plan_delete, ann, &person), FORBIDDEN, "forbidden");
    expect_code(ask(MSG_auth_ledger, ann, &(struct ledger_ask){0}), FORBIDDEN, "forbidden");
    expect_code(ask(MSG_auth_user_subscriptions, ann, &(struct by_id){.id = ann.user}), FORBIDDEN, "forbidden");
    expect_code(ask(MSG_auth_grant, ann, &grant), FORBIDDEN, "forbidden");
    expect_code(ask(MSG_auth_grant_end, ann, &(struct person_ask){.id = ann.user}), FORBIDDEN, "forbidden");
    const struct plan_list *plans = ask_ok(MSG_auth_plans, nobody, &(struct plans_ask){0});
    assert_int_equal(plans->items.n, 2);
    assert_string_equal(LIST_AT(plans->items, struct plan, 0).name, "Free");
}

static void only_somebody_has_a_subscription(void **state) {
    (void)state;
    struct subscribe_ask ask_ = {.plan_id = gold};
    struct who ghost = {.user = 999999999, .roles = ROLE_USER};
    expect_code(ask(MSG_auth_subscribe, nobody, &ask_), UNAUTHENTICATED, "unauthenticated");
    expect_code(ask(MSG_auth_subscribe, ghost, &ask_), NOT_FOUND, "account-gone");
    expect_code(ask(MSG_auth_subscription, nobody, NULL), UNAUTHENTICATED, "unauthenticated");
    expect_code(ask(MSG_auth_unsubscribe, nobody, NULL), UNAUTHENTICATED, "unauthenticated");
    expect_code(ask(MSG_auth_payments, nobody, &(struct page_ask){0}), UNAUTHENTICATED, "unauthenticated");
    expect_code(ask(MSG_auth_entitled, nobody, &(struct entitled_ask){.plan_id = gold}), UNAUTHENTICATED,
                "unauthenticated");
    const struct entitled_reply *has = ask_ok(MSG_auth_entitled, ghost, &(struct entitled_ask){.plan_id = gold});
    assert_false(has->entitled || has->subscribed);
}

/* Sends without waiting. */
static void send_to(struct peer *peer, unsigned message, struct who who, const void *value) {
    const struct message *row = message_row(message);
    peer_send(peer,
              (struct header){.kind = KIND_ASK,
                              .message = (uint16_t)message,
                              .remaining_ms = 10000,
                              .key = {peer->edge, ++peer->sequence},
                              .user = who.user,
                              .roles = who.roles},
              row->ask(), value);
}

static void many_orders_are_one(void **state) {
    (void)state;
    enum { ASKS = 30 };
    struct peer *peer = peer_open("ask");
    int64_t id = 0;
    for (int i = 0; i < ASKS; i++)
        send_to(peer, MSG_auth_subscribe, ann, &(struct subscribe_ask){.plan_id = gold});
    for (int i = 0; i < ASKS; i++) {
        assert_true(peer_take(peer, PATIENCE_MS));
        assert_int_equal(peer->header.status, OK);
        const struct subscription *one = peer_decode(peer, subscription_record());
        assert_true(!id || one->id == id);
        id = one->id;
    }
    peer_close(peer);
    assert_int_equal(
        house_number("select count(*) as value from auth.payments where account_id = %lld", (long long)ann.user), 1);
    const struct payment_page *page = ask_ok(MSG_auth_payments, ann, &(struct page_ask){0});
    assert_int_equal(page->items.n, 1);
    assert_string_equal(LIST_AT(page->items, struct payment, 0).status, "pending");
}

static struct webhook_ask signed_event(const char *payload, char signature[120]) {
    char text[2000];
    uint8_t mac[32];
    int n = snprintf(text, sizeof text, "%lld.%s", (long long)time(NULL), payload);
    assert_in_range(n, 1, sizeof text - 1);
    HMAC(EVP_sha256(), "whsec_test", 10, (const unsigned char *)text, (size_t)n, mac, NULL);
    n = snprintf(signature, 120, "t=%.*s,v1=", (int)strcspn(text, "."), text);
    for (int i = 0; i < 32; i++)
        n += snprintf(signature + n, 120 - (size_t)n, "%02x", mac[i]);
    return (struct webhook_ask){.payload = {(const uint8_t *)payload, strlen(payload)}, .signature = signature};
}

static void an_event_counts_once_however_often_it_comes(void **state) {
    (void)state;
    enum { TIMES = 40 };
    char payload[1000], signature[120];
    struct peer *peer = peer_open("ask");
    snprintf(payload, sizeof payload,
             "{\"id\":\"evt_c1\",\"type\":\"invoice.paid\",\"created\":%lld,\"data\":{\"object\":{\"id\":\"in_c1\","
             "\"subscription\":\"sub_c1\",\"amount_paid\":999,\"currency\":\"eur\",\"metadata\":{\"account\":\"%lld\","
             "\"plan\":\"%lld\"},\"lines\":{\"data\":[{\"period\":{\"end\":%lld}}]}}}}",
             (long long)time(NULL), (long long)ann.user, (long long)gold, (long long)time(NULL) + 86400);
    struct webhook_ask event = signed_event(payload, signature);
    for (int i = 0; i < TIMES; i++)
        send_to(peer, MSG_auth_webhook, nobody, &event);
    for (int i = 0; i < TIMES; i++) {
        assert_true(peer_take(peer, PATIENCE_MS));
        assert_int_equal(peer->header.status, OK);
    }
    peer_close(peer);
    assert_int_equal(house_number("select count(*) as value from auth.payments where event_id = 'evt_c1'"), 1);
    const struct subscription *has = ask_ok(MSG_auth_subscription, ann, NULL);
    assert_true(has->active && has->auto_renew && has->plan_id == gold);
    const struct entitled_reply *may = ask_ok(MSG_auth_entitled, ann, &(struct entitled_ask){.plan_id = gold});
    assert_true(may->entitled);
    may = ask_ok(MSG_auth_entitled, ann, &(struct entitled_ask){.plan_id = free_plan});
    assert_true(!may->entitled && may->subscribed);
    expect_code(ask(MSG_auth_subscribe, ann, &(struct subscribe_ask){.plan_id = free_plan}), CONFLICT,
                "subscription-active");
    has = ask_ok(MSG_auth_unsubscribe, ann, NULL);
    assert_true(has->active && !has->auto_renew);
    signature[strlen(signature) - 1] ^= 1;
    expect_code(ask(MSG_auth_webhook, nobody, &event), INVALID, "signature-refused");
}

static void a_paid_plan_takes_the_place_of_a_free_one(void **state) {
    (void)state;
    char payload[1000], signature[120];
    const struct subscription *has = ask_ok(MSG_auth_subscribe, bob, &(struct subscribe_ask){.plan_id = free_plan});
    assert_true(has->active && has->has_end_at);
    snprintf(payload, sizeof payload,
             "{\"id\":\"evt_c2\",\"type\":\"checkout.session.completed\",\"created\":%lld,\"data\":{\"object\":{"
             "\"id\":\"cs_c2\",\"mode\":\"payment\",\"payment_status\":\"paid\",\"amount_total\":999,"
             "\"currency\":\"eur\",\"payment_intent\":\"pi_c2\",\"client_reference_id\":\"%lld-%lld\"}}}",
             (long long)time(NULL), (long long)bob.user, (long long)gold);
    struct webhook_ask event = signed_event(payload, signature);
    ask_ok(MSG_auth_webhook, nobody, &event);
    has = ask_ok(MSG_auth_subscription, bob, NULL);
    assert_true(has->active && has->plan_id == gold);
    const struct subscription_list *all = ask_ok(MSG_auth_user_subscriptions, admin, &(struct by_id){.id = bob.user});
    assert_int_equal(all->items.n, 2);
    assert_string_equal(LIST_AT(all->items, struct subscription, 1).state, "ended");
    const struct payment_page *page =
        ask_ok(MSG_auth_ledger, admin, &(struct ledger_ask){.account_id = bob.user, .has_account_id = true});
    assert_int_equal(page->items.n, 1);
    assert_int_equal(LIST_AT(page->items, struct payment, 0).amount, 999);
    const struct subscription *given =
        ask_ok(MSG_auth_grant, admin, &(struct grant_ask){.id = bob.user, .plan_id = free_plan});
    assert_true(given->active && !given->auto_renew);
    ask_ok(MSG_auth_grant_end, admin, &(struct person_ask){.id = bob.user});
    has = ask_ok(MSG_auth_subscription, bob, NULL);
    assert_false(has->active);
}

static void a_plan_that_was_had_stays(void **state) {
    (void)state;
    expect_code(ask(MSG_auth_plan_delete, admin, &(struct person_ask){.id = gold}), CONFLICT, "plan-used");
    const struct plan *plan =
        ask_ok(MSG_auth_plan_change, admin, &(struct plan_change){.id = gold, .active = false, .has_active = true});
    assert_false(plan->active);
    plan = ask_ok(MSG_auth_plan, admin, &(struct by_id){.id = gold});
    assert_false(plan->active);
    expect_code(ask(MSG_auth_subscribe, bob, &(struct subscribe_ask){.plan_id = gold}), CONFLICT, "plan-withdrawn");
    ask_ok(MSG_auth_plan_delete, admin, &(struct person_ask){.id = make_plan("Short-lived", 1)});
}

int plans_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_administrators_may),
        cmocka_unit_test(only_somebody_has_a_subscription),
        cmocka_unit_test(many_orders_are_one),
        cmocka_unit_test(an_event_counts_once_however_often_it_comes),
        cmocka_unit_test(a_paid_plan_takes_the_place_of_a_free_one),
        cmocka_unit_test(a_plan_that_was_had_stays),
    };
    return RUN("plans", start, stop);
}
