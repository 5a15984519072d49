#include <string.h>

#include "tests/actor/tests.h"

/* Asks with a key of their client's: one effect, one answer. The effect is the puppet's row in the outbox. */

static pid_t puppet;
static struct peer *edge;

static int start(void **state) {
    (void)state;
    puppet = house_start_puppet(NULL);
    house_await("content", 1);
    edge = peer_open("ask");
    return 0;
}

static int stop(void **state) {
    (void)state;
    peer_close(edge);
    house_stop(puppet);
    house_await("content", 0);
    house_sql("truncate content.outbox, content.titles, content.seen, content.once cascade");
    return 0;
}

static void send(const char *what, const char *number, uint8_t once, uint64_t body) {
    peer_send(edge,
              (struct header){.kind = KIND_ASK,
                              .message = MSG_content_create,
                              .remaining_ms = 10000,
                              .key = {edge->edge, ++edge->sequence},
                              .user = admin.user,
                              .roles = admin.roles,
                              .once = {once},
                              .once_body = body},
              title_new_record(), &(struct title_new){.title = what, .description = number});
}

static enum status take(void) {
    do
        assert_true(peer_take(edge, PATIENCE_MS));
    while (edge->header.kind != KIND_SAY);
    return (enum status)edge->header.status;
}

static enum status create(const char *what, const char *number, uint8_t once, uint64_t body) {
    send(what, number, once, body);
    return take();
}

static int64_t effects(void) {
    return house_number("select count(*) as value from content.outbox");
}

static void expect_problem(const char *code) {
    assert_string_equal(((struct problem *)peer_decode(edge, problem_record()))->code, code);
}

static void one_effect_and_one_answer(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(create("post", "5", 1, 11), OK);
        assert_int_equal(edge->header.once_body, i > 0);
        const struct title *title = peer_decode(edge, title_record());
        assert_int_equal(title->id, 5);
        assert_string_equal(title->title, "post");
    }
    assert_int_equal(effects(), 1);
    assert_int_equal(create("post", "5", 2, 11), OK);
    assert_int_equal(edge->header.once_body, 0);
    assert_int_equal(effects(), 2);
    assert_int_equal(create("post", "6", 0, 0), OK);
    assert_int_equal(create("post", "6", 0, 0), OK);
    assert_int_equal(effects(), 4);
}

static void another_body_is_refused(void **state) {
    (void)state;
    int64_t before = effects();
    assert_int_equal(create("post", "7", 3, 1), OK);
    assert_int_equal(create("post", "8", 3, UINT64_MAX), UNPROCESSABLE);
    expect_problem("idempotency-reused");
    assert_int_equal(create("post", "7", 3, 1), OK);
    assert_int_equal(effects(), before + 1);
}

static void refusals_are_not_kept(void **state) {
    (void)state;
    int64_t before = effects();
    assert_int_equal(create("refuse", "1", 4, 1), CONFLICT);
    expect_problem("told-so");
    assert_int_equal(create("break", "1", 4, 1), INTERNAL);
    assert_int_equal(create("post", "1", 4, 2), OK);
    assert_int_equal(edge->header.once_body, 0);
    assert_int_equal(effects(), before + 1);
}

static void many_at_the_same_time_are_one(void **state) {
    (void)state;
    enum { ASKS = 50 };
    int64_t before = effects(), worked = 0;
    for (int i = 0; i < ASKS; i++)
        send("slow", "50", 5, 1);
    for (int i = 0; i < ASKS; i++) {
        assert_int_equal(take(), OK);
        worked += edge->header.once_body == 0;
    }
    assert_int_equal(worked, 1);
    assert_int_equal(effects(), before + 1);
}

static void a_day_later_it_is_a_new_one(void **state) {
    (void)state;
    int64_t before = effects();
    assert_int_equal(create("post", "1", 6, 1), OK);
    house_sql("update content.once set at = now() - interval '25 hours' where get_byte(key, 0) = 6");
    assert_int_equal(create("post", "2", 6, 2), OK);
    assert_int_equal(edge->header.once_body, 0);
    assert_int_equal(create("post", "2", 6, 2), OK);
    assert_int_equal(edge->header.once_body, 1);
    assert_int_equal(effects(), before + 2);
}

static void a_killed_actor_did_all_of_it_or_nothing(void **state) {
    (void)state;
    int64_t before = effects();
    send("slow", "1500", 7, 1);
    AWAIT(house_number("select count(*) as value from pg_stat_activity"
                       " where usename = 'zoe_content' and state = 'idle in transaction'") > 0);
    house_kill(puppet);
    assert_int_equal(take(), UNKNOWN_OUTCOME);
    assert_int_equal(effects(), before);
    puppet = house_start_puppet(NULL);
    house_await("content", 1);
    assert_int_equal(create("slow", "1", 7, 1), OK);
    assert_int_equal(edge->header.once_body, 0);
    assert_int_equal(effects(), before + 1);
    house_kill(puppet);
    puppet = house_start_puppet(NULL);
    house_await("content", 1);
    assert_int_equal(create("slow", "1", 7, 1), OK);
    assert_int_equal(edge->header.once_body, 1);
    assert_int_equal(effects(), before + 1);
}

int once_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_effect_and_one_answer),   cmocka_unit_test(another_body_is_refused),
        cmocka_unit_test(refusals_are_not_kept),       cmocka_unit_test(many_at_the_same_time_are_one),
        cmocka_unit_test(a_day_later_it_is_a_new_one), cmocka_unit_test(a_killed_actor_did_all_of_it_or_nothing),
    };
    return RUN("once", start, stop);
}
