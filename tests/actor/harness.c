#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/actor/tests.h"

/* The harness through a real broker: transactions, hints, repeated keys, batches, the end of a process. */

static pid_t puppet;
static struct peer *history;

static int start(void **state) {
    (void)state;
    puppet = house_start_puppet(NULL);
    house_await("content", 1);
    return 0;
}

static int stop(void **state) {
    (void)state;
    house_stop(puppet);
    house_await("content", 0);
    house_sql("truncate content.outbox, content.titles, content.seen cascade");
    return 0;
}

static struct answer create(const char *what, const char *number) {
    return ask(MSG_content_create, admin, &(struct title_new){.title = what, .description = number});
}

static int64_t outbox(void) {
    return house_number("select count(*) as value from content.outbox");
}

static void hints_and_posts_follow_the_commit(void **state) {
    (void)state;
    struct ear *ear = ear_open();
    struct bus_event event;
    expect_status(create("post", "5"), OK);
    assert_true(ear_take(ear, "invalidate", &event, PATIENCE_MS));
    assert_int_equal(event.id, 77);
    assert_int_equal(outbox(), 1);
    house_sql("truncate content.outbox");
    ear_close(ear);
}

static void a_refusal_takes_everything_back(void **state) {
    (void)state;
    struct ear *ear = ear_open();
    struct bus_event event;
    expect_code(create("refuse", "5"), CONFLICT, "told-so");
    expect_status(create("break", "5"), INTERNAL);
    expect_code(ask(MSG_content_processed, service,
                    &(struct processing_news){.title_id = 1, .asset = "a", .asset_id = 1, .state = "ready"}),
                CONFLICT, "told-so");
    assert_int_equal(outbox(), 0);
    /* The hint of the good one is the first that comes. */
    ask_ok(MSG_content_processed, service,
           &(struct processing_news){.title_id = 2, .asset = "a", .asset_id = 1, .state = "ready"});
    assert_true(ear_take(ear, "invalidate", &event, PATIENCE_MS));
    assert_int_equal(event.id, 2);
    ear_close(ear);
}

static void a_second_attempt_leaves_one_trace(void **state) {
    (void)state;
    struct ear *ear = ear_open();
    struct bus_event event;
    ask_ok(MSG_content_change, admin, &(struct title_change){.id = 9});
    assert_int_equal(outbox(), 1);
    assert_true(ear_take(ear, "invalidate", &event, PATIENCE_MS));
    assert_false(ear_take(ear, "invalidate", &event, 100));
    house_sql("truncate content.outbox");
    ear_close(ear);
}

static void a_repeated_key_runs_once(void **state) {
    (void)state;
    struct ask_key key = {4711, 1};
    for (int i = 0; i < 3; i++)
        expect_status(ask_as(key, MSG_content_delete, admin, &(struct title_gone_ask){.id = 1}), OK);
    assert_int_equal(house_number("select count(*) as value from content.titles where title = 'once'"), 1);
    expect_status(ask_as((struct ask_key){4711, 2}, MSG_content_delete, admin, &(struct title_gone_ask){.id = 1}), OK);
    assert_int_equal(house_number("select count(*) as value from content.titles where title = 'once'"), 2);
}

static void batches_answer_everyone(void **state) {
    (void)state;
    enum { ASKS = 100 };
    struct peer *peer = peer_open("ask");
    bool seen[ASKS + 1] = {false};
    int64_t largest = 0;
    for (int64_t i = 1; i <= ASKS; i++)
        peer_send(
            peer,
            (struct header){
                .kind = KIND_ASK, .message = MSG_content_show, .remaining_ms = 10000, .key = {peer->edge, (uint64_t)i}},
            title_one_record(), &(struct title_one){.id = i});
    for (int i = 0; i < ASKS; i++) {
        assert_true(peer_take(peer, PATIENCE_MS));
        assert_int_equal(peer->header.status, OK);
        const struct title *title = peer_decode(peer, title_record());
        assert_int_equal(title->id, peer->header.key.sequence);
        assert_false(seen[title->id]);
        seen[title->id] = true;
        if (title->updated_at > largest)
            largest = title->updated_at;
    }
    assert_int_equal(largest, 16);
    peer_close(peer);
}

static void what_cannot_be_read_is_invalid(void **state) {
    (void)state;
    struct peer *peer = peer_open("ask");
    struct header header = {
        .kind = KIND_ASK, .message = MSG_content_show, .remaining_ms = 5000, .key = {peer->edge, 1}};
    /* A body of another message: the field that is missing is named. */
    peer_send(peer, header, problem_record(), &(struct problem){.code = "x"});
    assert_true(peer_take(peer, PATIENCE_MS));
    assert_int_equal(peer->header.status, INVALID);
    assert_string_equal(((struct problem *)peer_decode(peer, problem_record()))->field, "/id");
    header.key.sequence = 2;
    peer_send(peer, header, NULL, NULL);
    assert_true(peer_take(peer, PATIENCE_MS));
    assert_int_equal(peer->header.status, INVALID);
    peer_close(peer);
    expect_field(ask(MSG_content_show, nobody, &(struct title_one){.id = -5}), "/id");
    expect_status(ask(MSG_content_list, nobody, &(struct title_list_ask){0}), NOT_FOUND);
}

static void the_end_answers_what_was_taken_in(void **state) {
    (void)state;
    enum { ASKS = 12 };
    struct peer *peer = peer_open("ask");
    for (uint64_t i = 1; i <= ASKS; i++)
        peer_send(peer,
                  (struct header){
                      .kind = KIND_ASK, .message = MSG_content_create, .remaining_ms = 10000, .key = {peer->edge, i}},
                  title_new_record(), &(struct title_new){.title = "sleep", .description = "100"});
    AWAIT(house_number(
              "select count(*) as value from pg_stat_activity where usename = 'zoe_content' and state <> 'idle'") > 0);
    kill(puppet, SIGTERM);
    for (int i = 0; i < ASKS; i++) {
        assert_true(peer_take(peer, PATIENCE_MS));
        assert_int_equal(peer->header.status, OK);
    }
    assert_int_equal(house_wait(puppet), 0);
    peer_close(peer);
    puppet = house_start_puppet(NULL);
    house_await("content", 1);
}

static void a_database_that_is_away_is_said_so(void **state) {
    (void)state;
    house_database_stop();
    struct answer answer = create("post", "1");
    expect_status(answer, UNAVAILABLE);
    house_database_start();
    AWAIT(create("sleep", "0").status == OK);
    /* The next ask after a restart that nobody noticed is served at once, whether it may be repeated or not. */
    house_database_stop();
    house_database_start();
    for (int i = 0; i < 4; i++) {
        expect_status(create("sleep", "0"), OK);
        ask_ok(MSG_content_delete, admin, &(struct title_gone_ask){.id = 1});
    }
    /* All by the one process that was there before. */
    assert_int_equal(waitpid(puppet, NULL, WNOHANG), 0);
}

/* The outbox, with this process as history. */

static int open_history(void **state) {
    history = worker_open("history", 64);
    /* What other tests posted and nobody took may still wait at the broker. */
    while (peer_take(history, 300))
        if (history->header.kind == KIND_ASK)
            worker_say(history, OK);
    return start(state);
}

static int close_history(void **state) {
    peer_close(history);
    stop(state);
    house_await("history", 0);
    return 0;
}

static struct title_card *take_card(void) {
    assert_true(peer_take(history, PATIENCE_MS));
    assert_int_equal(history->header.kind, KIND_ASK);
    assert_int_equal(history->header.message, MSG_history_learn);
    assert_int_equal(history->header.user, 0);
    assert_int_equal(history->header.roles, ROLE_SERVICE);
    return peer_decode(history, title_card_record());
}

static void posts_come_in_their_order_and_go(void **state) {
    (void)state;
    enum { POSTS = 100 };
    char number[16];
    for (int i = 1; i <= POSTS; i++) {
        snprintf(number, sizeof number, "%d", i);
        expect_status(create("post", number), OK);
    }
    for (int i = 1; i <= POSTS; i++) {
        assert_int_equal(take_card()->revision, i);
        worker_say(history, OK);
    }
    AWAIT(outbox() == 0);
}

static void an_unanswered_post_comes_again_under_its_key(void **state) {
    (void)state;
    expect_status(create("post", "1"), OK);
    take_card();
    struct ask_key key = history->header.key;
    /* Not answered: the broker says DEADLINE in our place, and takes the ask back. */
    do {
        assert_true(peer_take(history, PATIENCE_MS));
    } while (history->header.kind != KIND_ASK);
    assert_true(history->header.key.edge == key.edge && history->header.key.sequence == key.sequence);
    worker_say(history, BUSY);
    do {
        assert_true(peer_take(history, PATIENCE_MS));
    } while (history->header.kind != KIND_ASK);
    assert_true(history->header.key.edge == key.edge && history->header.key.sequence == key.sequence);
    worker_say(history, OK);
    AWAIT(outbox() == 0);
}

static void a_refused_post_is_kept_and_holds_nobody_up(void **state) {
    (void)state;
    expect_status(create("post", "1"), OK);
    take_card();
    worker_say(history, INVALID);
    AWAIT(house_number("select count(*) as value from content.outbox where failed = 'INVALID'") == 1);
    expect_status(create("post", "2"), OK);
    assert_int_equal(take_card()->revision, 2);
    worker_say(history, OK);
    AWAIT(outbox() == 1);
    house_sql("truncate content.outbox");
}

static void a_killed_sender_sends_again(void **state) {
    (void)state;
    expect_status(create("post", "8"), OK);
    take_card();
    struct ask_key key = history->header.key;
    house_kill(puppet);
    puppet = house_start_puppet(NULL);
    do {
        assert_true(peer_take(history, PATIENCE_MS));
    } while (history->header.kind != KIND_ASK);
    assert_true(history->header.key.edge == key.edge && history->header.key.sequence == key.sequence);
    worker_say(history, OK);
    AWAIT(outbox() == 0);
}

static void a_receiver_that_is_away_holds_up_only_its_own(void **state) {
    (void)state;
    for (int i = 0; i < 200; i++)
        expect_status(create("forget", "3"), OK);
    int64_t began = now_ms();
    expect_status(create("post", "4"), OK);
    assert_int_equal(take_card()->revision, 4);
    worker_say(history, OK);
    AWAIT(house_number("select count(*) as value from content.outbox where message = 304") == 0);
    /* One window may be under way, until its asks expire after three seconds. */
    assert_true(now_ms() - began < 8000);
    assert_int_equal(outbox(), 200);
    house_sql("truncate content.outbox");
}

static void two_instances_send_once(void **state) {
    (void)state;
    enum { POSTS = 60 };
    char number[16];
    pid_t second = house_start_puppet(NULL);
    house_await("content", 2);
    for (int i = 1; i <= POSTS; i++) {
        snprintf(number, sizeof number, "%d", i);
        expect_status(create("post", number), OK);
    }
    for (int i = 1; i <= POSTS; i++) {
        assert_int_equal(take_card()->revision, i);
        worker_say(history, OK);
    }
    AWAIT(outbox() == 0);
    assert_false(peer_take(history, 200));
    /* The one that leads dies: the other takes over. */
    house_kill(puppet);
    puppet = second;
    house_await("content", 1);
    expect_status(create("post", "99"), OK);
    assert_int_equal(take_card()->revision, 99);
    worker_say(history, OK);
    AWAIT(outbox() == 0);
}

int harness_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hints_and_posts_follow_the_commit), cmocka_unit_test(a_refusal_takes_everything_back),
        cmocka_unit_test(a_second_attempt_leaves_one_trace), cmocka_unit_test(a_repeated_key_runs_once),
        cmocka_unit_test(batches_answer_everyone),           cmocka_unit_test(what_cannot_be_read_is_invalid),
        cmocka_unit_test(the_end_answers_what_was_taken_in), cmocka_unit_test(a_database_that_is_away_is_said_so),
    };
    return RUN("harness", start, stop);
}

int outbox_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts_come_in_their_order_and_go),
        cmocka_unit_test(an_unanswered_post_comes_again_under_its_key),
        cmocka_unit_test(a_refused_post_is_kept_and_holds_nobody_up),
        cmocka_unit_test(a_killed_sender_sends_again),
        cmocka_unit_test(a_receiver_that_is_away_holds_up_only_its_own),
        cmocka_unit_test(two_instances_send_once),
    };
    return RUN("outbox", open_history, close_history);
}
