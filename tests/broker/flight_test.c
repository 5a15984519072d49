/* Points 1, 2, 5 and 7: what becomes of an ask. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/broker/tests.h"

enum { WINDOW = 64 };

void point_1_killed_worker_with_64_asks(void **state) {
    (void)state;
    struct house house;
    /* Silence would take longer than the whole test: the closed connection itself must tell. */
    house_open(&house, "ZOE_SILENCE_MS=60000");
    pid_t pid = house_spawn_worker(&house, "content", "64", "hold");
    house_await_workers(&house, 1);
    struct peer *edge = peer_open(&house, "ask");
    for (uint64_t i = 1; i <= WINDOW; i++)
        peer_ask(edge, i % 2 ? MSG_content_create : MSG_content_show, i, 3000, "x");
    while (state_queue(house_state(&house), "content", "FAST")->in_flight < WINDOW)
        sleep_ms(2);
    int64_t killed_ms = now_ms(), first_ms = 0;
    kill(pid, SIGKILL);
    house_reap(pid);
    unsigned unknown = 0, expired = 0;
    bool answered[WINDOW + 1] = {0};
    for (int i = 0; i < WINDOW; i++) {
        assert_true(peer_take(edge, PATIENCE_MS));
        assert_int_equal(edge->header.kind, KIND_SAY);
        assert_in_range(edge->header.key.sequence, 1, WINDOW);
        assert_false(answered[edge->header.key.sequence]);
        answered[edge->header.key.sequence] = true;
        unknown += edge->header.status == UNKNOWN_OUTCOME;
        expired += edge->header.status == DEADLINE;
        if (!first_ms)
            first_ms = now_ms() - killed_ms;
    }
    /* ONCE is answered when the death is noticed, RETRY waits for another worker until its deadline. */
    assert_int_equal(unknown, WINDOW / 2);
    assert_int_equal(expired, WINDOW / 2);
    print_message("death noticed after %d ms\n", (int)first_ms);
    assert_true(first_ms < 2500);
    peer_expect_nothing(edge, 50);
    peer_close(edge);
    house_close(&house);
}

void point_2_waiting_ask_expires(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *edge = peer_open(&house, "ask");
    int64_t asked = now_ms();
    peer_ask(edge, MSG_content_show, 1, 150, "x");
    peer_ask(edge, MSG_content_show, 2, 80, "x");
    peer_expect_status(edge, 2, DEADLINE);
    assert_string_equal(peer_problem(edge), "deadline");
    peer_expect_status(edge, 1, DEADLINE);
    assert_true(now_ms() - asked >= 149);
    struct peer *worker = worker_open(&house, "content", 8, 0);
    peer_expect_nothing(worker, 50);
    const struct message_row *row = state_message(house_state(&house), "content_show");
    assert_int_equal(row->expired, 2);
    assert_int_equal(row->dispatched, 0);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}

void point_2_held_ask_expires(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *worker = worker_open(&house, "content", 1, 0);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_show, 1, 100, "x");
    peer_expect(worker, KIND_ASK, 1);
    struct header held = worker->header;
    peer_expect_status(edge, 1, DEADLINE);
    peer_expect(worker, KIND_CANCEL, 1);
    assert_true(worker->header.key.edge == edge->edge);
    /* The credit comes back with the late answer, not before. */
    peer_ask(edge, MSG_content_show, 2, 5000, "y");
    peer_expect_nothing(worker, 60);
    worker_say(worker, &held, KIND_SAY, "late");
    peer_expect(worker, KIND_ASK, 2);
    worker_say(worker, NULL, KIND_SAY, "y");
    peer_expect_status(edge, 2, OK);
    peer_expect_nothing(edge, 30);
    assert_int_equal(state_message(house_state(&house), "content_show")->late, 1);
    /* The same key may be asked again once it was answered. */
    peer_ask(edge, MSG_content_show, 1, 5000, "again");
    peer_expect(worker, KIND_ASK, 1);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}

void point_2_remaining_time_shrinks(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_show, 1, 5000, "x");
    peer_ask(edge, MSG_content_show, 2, 0, "x");
    peer_ask(edge, MSG_content_show, 3, UINT32_MAX, "x");
    while (state_queue(house_state(&house), "content", "FAST")->queued < 3)
        sleep_ms(1);
    sleep_ms(200);
    struct peer *worker = worker_open(&house, "content", 8, 0);
    peer_expect(worker, KIND_ASK, 1);
    assert_in_range(worker->header.remaining_ms, 1, 4801);
    assert_int_equal(worker->header.attempt, 1);
    assert_int_equal(worker->header.user, 7);
    assert_int_equal(worker->header.roles, ROLE_USER);
    uint32_t ordinary = message_row(MSG_content_show)->deadline_ms;
    peer_expect(worker, KIND_ASK, 2);
    assert_in_range(worker->header.remaining_ms, 1, ordinary - 199);
    peer_expect(worker, KIND_ASK, 3);
    assert_in_range(worker->header.remaining_ms, 1, ordinary - 199);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}

void point_2_ten_thousand_deadlines(void **state) {
    (void)state;
    enum { MANY = 10000, SLACK_MS = 8000 };
    static int64_t due_ms[MANY + 1];
    struct house house;
    house_open(&house, "ZOE_QUEUE_ASKS=20000");
    struct peer *edge = peer_open(&house, "ask");
    unsigned seed = 4711;
    /* The odd ones are due soon, the even ones long after the test: none may hide another in the heap. */
    for (uint64_t i = 1; i <= MANY; i++) {
        uint32_t wait_ms = i % 2 ? 1 + (uint32_t)rand_r(&seed) % 500 : 20000 + (uint32_t)rand_r(&seed) % 10000;
        due_ms[i] = now_ms() + wait_ms;
        peer_ask(edge, MSG_content_show, i, wait_ms, "x");
        if (i % 10 == 0)
            peer_cancel(edge, i / 20 * 10);
    }
    for (int answers = 0; answers < MANY / 2; answers++) {
        assert_true(peer_take(edge, SLACK_MS));
        uint64_t i = edge->header.key.sequence;
        assert_in_range(i, 1, MANY);
        assert_int_equal(edge->header.status, DEADLINE);
        assert_in_range(now_ms() - due_ms[i] + 1, 0, SLACK_MS);
        assert_true(i % 2);
        due_ms[i] = INT64_MAX / 2;
    }
    for (uint64_t i = 2; i <= MANY; i += 2)
        peer_cancel(edge, i);
    int64_t end = now_ms() + PATIENCE_MS;
    while (house_state(&house)->in_flight && now_ms() < end)
        sleep_ms(5);
    const struct broker_state *now = house_state(&house);
    assert_int_equal(now->in_flight, 0);
    assert_int_equal(state_message(now, "content_show")->cancelled, MANY / 2);
    assert_int_equal(state_message(now, "content_show")->expired, MANY / 2);
    assert_int_equal(state_queue(now, "content", "FAST")->queued_bytes, 0);
    peer_expect_nothing(edge, 20);
    peer_close(edge);
    house_close(&house);
}

void point_5_cancel_waiting(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_show, 1, 400, "x");
    peer_ask(edge, MSG_content_show, 2, 5000, "x");
    peer_cancel(edge, 1);
    while (state_message(house_state(&house), "content_show")->cancelled < 1)
        sleep_ms(1);
    struct peer *worker = worker_open(&house, "content", 8, 0);
    peer_expect(worker, KIND_ASK, 2);
    peer_expect_nothing(worker, 20);
    /* Not even when its deadline comes. */
    peer_expect_nothing(edge, 450);
    const struct message_row *row = state_message(house_state(&house), "content_show");
    assert_int_equal(row->cancelled, 1);
    assert_int_equal(row->expired, 0);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}

void point_5_cancel_held(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *worker = worker_open(&house, "content", 8, 0);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_create, 1, 5000, "x");
    peer_expect(worker, KIND_ASK, 1);
    struct header held = worker->header;
    peer_cancel(edge, 1);
    peer_expect(worker, KIND_CANCEL, 1);
    assert_int_equal(house_state(&house)->in_flight, 0);
    worker_say(worker, &held, KIND_SAY, "late");
    peer_expect_nothing(edge, 50);
    const struct broker_state *now = house_state(&house);
    assert_int_equal(state_message(now, "content_create")->late, 1);
    assert_int_equal(state_queue(now, "content", "FAST")->in_flight, 0);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}

void point_5_only_the_asker_cancels(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *worker = worker_open(&house, "content", 8, 0);
    struct peer *edge = peer_open(&house, "ask"), *other = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_show, 1, 5000, "x");
    peer_expect(worker, KIND_ASK, 1);
    struct header held = worker->header;
    peer_send(other, (struct header){.kind = KIND_CANCEL, .key = {edge->edge, 1}}, NULL, 0);
    peer_expect_nothing(worker, 50);
    worker_say(worker, &held, KIND_SAY, "x");
    peer_expect_status(edge, 1, OK);
    peer_close(worker);
    peer_close(edge);
    peer_close(other);
    house_close(&house);
}

void point_7_parts_then_one_say(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *worker = worker_open(&house, "content", 1, 0);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_list, 1, 10000, "x");
    peer_expect(worker, KIND_ASK, 1);
    struct header held = worker->header;
    for (int i = 0; i < 100; i++) {
        char text[32];
        snprintf(text, sizeof text, "part %d", i);
        worker_say(worker, &held, KIND_PART, text);
        peer_expect(edge, KIND_PART, 1);
        assert_memory_equal(zmq_msg_data(&edge->body), text, strlen(text));
    }
    assert_int_equal(house_state(&house)->in_flight, 1);
    worker_say(worker, &held, KIND_SAY, "end");
    peer_expect_status(edge, 1, OK);
    worker_say(worker, &held, KIND_PART, "after the end");
    worker_say(worker, &held, KIND_SAY, "twice");
    peer_expect_nothing(edge, 50);
    const struct broker_state *now = house_state(&house);
    assert_int_equal(state_message(now, "content_list")->late, 2);
    assert_int_equal(LIST_AT(now->workers, struct worker_row, 0).fast_credit, 1);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}

void point_7_cancel_ends_a_stream(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *worker = worker_open(&house, "content", 1, 0);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_list, 1, 10000, "x");
    peer_expect(worker, KIND_ASK, 1);
    struct header held = worker->header;
    worker_say(worker, &held, KIND_PART, "one");
    peer_expect(edge, KIND_PART, 1);
    peer_cancel(edge, 1);
    peer_expect(worker, KIND_CANCEL, 1);
    worker_say(worker, &held, KIND_PART, "two");
    worker_say(worker, &held, KIND_SAY, "end");
    peer_expect_nothing(edge, 50);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}
