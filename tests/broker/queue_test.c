/* Points 3 and 4: bounds and credit. */

#include <stdlib.h>
#include <string.h>

#include "tests/broker/tests.h"

void point_3_full_queue_says_busy(void **state) {
    (void)state;
    struct house house;
    house_open(&house, "ZOE_QUEUE_ASKS=4");
    struct peer *edge = peer_open(&house, "ask");
    for (uint64_t i = 1; i <= 6; i++)
        peer_ask(edge, MSG_content_show, i, 15000, "x");
    int64_t asked = now_ms();
    peer_expect_status(edge, 5, BUSY);
    assert_string_equal(peer_problem(edge), "busy");
    peer_expect_status(edge, 6, BUSY);
    assert_true(now_ms() - asked < 2000);
    /* Other services are not touched by it. */
    peer_ask(edge, MSG_auth_me, 7, 100, "x");
    peer_expect_status(edge, 7, DEADLINE);
    struct peer *worker = worker_open(&house, "content", 2, 0);
    for (uint64_t i = 1; i <= 4; i++) {
        peer_expect(worker, KIND_ASK, i);
        worker_say(worker, NULL, KIND_SAY, "x");
        peer_expect_status(edge, i, OK);
    }
    peer_ask(edge, MSG_content_show, 8, 15000, "x");
    peer_expect(worker, KIND_ASK, 8);
    const struct message_row *row = state_message(house_state(&house), "content_show");
    assert_int_equal(row->refused, 2);
    assert_int_equal(row->accepted, 5);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}

void point_3_full_bytes_say_busy(void **state) {
    (void)state;
    struct house house;
    house_open(&house, "ZOE_QUEUE_BYTES=65536");
    struct peer *edge = peer_open(&house, "ask");
    char *large = malloc(30001);
    memset(large, 'x', 30000);
    large[30000] = 0;
    for (uint64_t i = 1; i <= 3; i++)
        peer_ask(edge, MSG_content_show, i, 15000, large);
    peer_expect_status(edge, 3, BUSY);
    peer_ask(edge, MSG_content_show, 4, 15000, "small ones still fit");
    peer_expect_nothing(edge, 30);
    const struct queue_row *row = state_queue(house_state(&house), "content", "FAST");
    assert_int_equal(row->queued, 3);
    assert_int_equal(row->queued_bytes, 2 * 30000 + 20 + 3 * HEADER_BYTES);
    assert_true(row->oldest_ms >= 30);
    /* Cancelled and answered asks give their bytes back. */
    peer_cancel(edge, 1);
    while (state_queue(house_state(&house), "content", "FAST")->queued > 2)
        sleep_ms(1);
    struct peer *worker = worker_open(&house, "content", 8, 0);
    peer_expect(worker, KIND_ASK, 2);
    worker_say(worker, NULL, KIND_SAY, "x");
    peer_expect_status(edge, 2, OK);
    peer_expect(worker, KIND_ASK, 4);
    worker_say(worker, NULL, KIND_SAY, "x");
    peer_expect_status(edge, 4, OK);
    for (uint64_t i = 5; i <= 6; i++) {
        peer_ask(edge, MSG_content_show, i, 15000, large);
        peer_expect(worker, KIND_ASK, i);
    }
    free(large);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}

void point_3_unknown_message(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *edge = peer_open(&house, "ask");
    static const unsigned unknown[] = {0, 3, 100, 199, 9999, 65535};
    for (unsigned i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        peer_ask(edge, unknown[i], i + 1, 15000, "x");
        peer_expect_status(edge, i + 1, NOT_FOUND);
        assert_string_equal(peer_problem(edge), "unknown-message");
    }
    peer_close(edge);
    house_close(&house);
}

void point_3_waits_for_a_worker(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_show, 1, 15000, "x");
    peer_expect_nothing(edge, 100);
    struct peer *worker = worker_open(&house, "content", 1, 0);
    peer_expect(worker, KIND_ASK, 1);
    worker_say(worker, NULL, KIND_SAY, "x");
    peer_expect_status(edge, 1, OK);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}

void point_3_key_in_flight(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_show, 1, 15000, "x");
    peer_ask(edge, MSG_content_list, 1, 15000, "x");
    peer_expect_status(edge, 1, BUSY);
    assert_string_equal(peer_problem(edge), "in-flight");
    struct peer *worker = worker_open(&house, "content", 8, 0);
    peer_expect(worker, KIND_ASK, 1);
    assert_int_equal(worker->header.message, MSG_content_show);
    worker_say(worker, NULL, KIND_SAY, "x");
    peer_expect_status(edge, 1, OK);
    peer_expect_nothing(worker, 20);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}

void point_4_credit_is_the_window(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *worker = worker_open(&house, "content", 8, 0);
    struct peer *edge = peer_open(&house, "ask");
    for (uint64_t i = 1; i <= 20; i++)
        peer_ask(edge, MSG_content_show, i, 15000, "x");
    struct header held = {0};
    for (uint64_t i = 1; i <= 8; i++) {
        peer_expect(worker, KIND_ASK, i);
        held = worker->header;
    }
    peer_expect_nothing(worker, 30);
    worker_say(worker, &held, KIND_SAY, "x");
    peer_expect_status(edge, 8, OK);
    peer_expect(worker, KIND_ASK, 9);
    peer_expect_nothing(worker, 30);
    const struct broker_state *now = house_state(&house);
    const struct queue_row *row = state_queue(now, "content", "FAST");
    assert_int_equal(row->in_flight, 8);
    assert_int_equal(row->queued, 11);
    assert_int_equal(LIST_AT(now->workers, struct worker_row, 0).fast_credit, 0);
    assert_int_equal(state_message(now, "content_show")->stalls, 12);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}

void point_4_most_credit_first(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *small = worker_open(&house, "content", 2, 0);
    struct peer *large = worker_open(&house, "content", 6, 0);
    struct peer *edge = peer_open(&house, "ask");
    for (uint64_t i = 1; i <= 4; i++)
        peer_ask(edge, MSG_content_show, i, 15000, "x");
    for (uint64_t i = 1; i <= 4; i++)
        peer_expect(large, KIND_ASK, i);
    peer_expect_nothing(small, 20);
    /* Both have two left now, so they share the rest. */
    for (uint64_t i = 5; i <= 8; i++)
        peer_ask(edge, MSG_content_show, i, 15000, "x");
    for (int i = 0; i < 2; i++) {
        assert_true(peer_take(small, PATIENCE_MS));
        assert_true(peer_take(large, PATIENCE_MS));
    }
    peer_expect_nothing(small, 20);
    peer_expect_nothing(large, 20);
    peer_close(small);
    peer_close(large);
    peer_close(edge);
    house_close(&house);
}

void point_4_equals_take_turns(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *workers[3];
    for (int i = 0; i < 3; i++)
        workers[i] = worker_open(&house, "content", 4, 0);
    struct peer *edge = peer_open(&house, "ask");
    int counts[3] = {0};
    for (uint64_t i = 1; i <= 30; i++) {
        peer_ask(edge, MSG_content_show, i, 15000, "x");
        zmq_pollitem_t items[3] = {{.socket = workers[0]->socket, .events = ZMQ_POLLIN},
                                   {.socket = workers[1]->socket, .events = ZMQ_POLLIN},
                                   {.socket = workers[2]->socket, .events = ZMQ_POLLIN}};
        assert_true(zmq_poll(items, 3, PATIENCE_MS) > 0);
        for (int k = 0; k < 3; k++)
            if (items[k].revents) {
                peer_expect(workers[k], KIND_ASK, i);
                worker_say(workers[k], NULL, KIND_SAY, "x");
                counts[k]++;
            }
        peer_expect_status(edge, i, OK);
    }
    for (int k = 0; k < 3; k++) {
        assert_int_equal(counts[k], 10);
        peer_close(workers[k]);
    }
    peer_close(edge);
    house_close(&house);
}

void point_4_lanes_are_apart(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *fast = worker_open(&house, "auth", 2, 0);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_auth_login, 1, 15000, "heavy");
    peer_ask(edge, MSG_auth_login, 2, 15000, "heavy");
    peer_ask(edge, MSG_auth_me, 3, 15000, "fast");
    /* A worker without HEAVY credit gets none, and the waiting HEAVY asks do not hold up the FAST one. */
    peer_expect(fast, KIND_ASK, 3);
    peer_expect_nothing(fast, 30);
    struct peer *both = worker_open(&house, "auth", 1, 1);
    peer_expect(both, KIND_ASK, 1);
    struct header login = both->header;
    peer_expect_nothing(both, 30);
    worker_say(both, &login, KIND_SAY, "x");
    peer_expect(both, KIND_ASK, 2);
    peer_expect_status(edge, 1, OK);
    const struct broker_state *now = house_state(&house);
    assert_int_equal(state_queue(now, "auth", "HEAVY")->workers, 1);
    assert_int_equal(state_queue(now, "auth", "FAST")->workers, 2);
    peer_close(fast);
    peer_close(both);
    peer_close(edge);
    house_close(&house);
}

void point_4_credit_grows(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *worker = worker_open(&house, "auth", 1, 0);
    struct peer *edge = peer_open(&house, "ask");
    for (uint64_t i = 1; i <= 3; i++)
        peer_ask(edge, MSG_auth_me, i, 15000, "x");
    peer_ask(edge, MSG_auth_login, 4, 15000, "x");
    peer_expect(worker, KIND_ASK, 1);
    peer_expect_nothing(worker, 20);
    peer_send(worker, (struct header){.kind = KIND_CREDIT, .remaining_ms = 1, .user = 1}, NULL, 0);
    peer_expect(worker, KIND_ASK, 2);
    peer_expect(worker, KIND_ASK, 4);
    peer_expect_nothing(worker, 20);
    /* Saying READY again replaces the row; what it holds still counts. */
    worker_ready(worker, "auth", 3, 0);
    peer_expect(worker, KIND_ASK, 3);
    const struct broker_state *now = house_state(&house);
    assert_int_equal(now->workers.n, 1);
    assert_int_equal(LIST_AT(now->workers, struct worker_row, 0).in_flight, 4);
    /* A smaller window than what it holds already. */
    worker_ready(worker, "auth", 1, 0);
    peer_ask(edge, MSG_auth_me, 5, 15000, "x");
    peer_expect_nothing(worker, 50);
    assert_int_equal(LIST_AT(house_state(&house)->workers, struct worker_row, 0).fast_credit, 0);
    peer_cancel(edge, 5);
    while (state_message(house_state(&house), "auth_me")->cancelled < 1)
        sleep_ms(1);
    /* Beyond all bounds. */
    peer_send(worker, (struct header){.kind = KIND_CREDIT, .remaining_ms = UINT32_MAX, .user = INT64_MIN}, NULL, 0);
    peer_send(worker, (struct header){.kind = KIND_CREDIT, .remaining_ms = UINT32_MAX, .user = INT64_MAX}, NULL, 0);
    sleep_ms(50);
    now = house_state(&house);
    assert_int_equal(LIST_AT(now->workers, struct worker_row, 0).fast_credit, 4096 - 3);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}

/* A lane that works off one ask in 50 ms: what could not be answered in half of its time is refused at once. */
void point_3_hopeless_asks_say_busy(void **state) {
    (void)state;
    struct house house;
    house_open(&house, "");
    struct peer *edge = peer_open(&house, "ask");
    struct peer *worker = worker_open(&house, "auth", 64, 64);
    for (uint64_t i = 1; i <= 20; i++)
        peer_ask(edge, MSG_auth_login, i, 15000, "x");
    for (uint64_t i = 1; i <= 10; i++) {
        peer_expect(worker, KIND_ASK, i);
        sleep_ms(50);
        worker_say(worker, NULL, KIND_SAY, "x");
        peer_expect_status(edge, i, OK);
    }
    /* Ten are before it: half a second and more. */
    int64_t asked = now_ms();
    peer_ask(edge, MSG_auth_login, 21, 700, "x");
    peer_expect_status(edge, 21, BUSY);
    assert_string_equal(peer_problem(edge), "busy");
    assert_true(now_ms() - asked < 500);
    /* Who has the time waits; other lanes are not touched by it. */
    peer_ask(edge, MSG_auth_login, 22, 15000, "x");
    peer_ask(edge, MSG_auth_me, 23, 700, "x");
    for (uint64_t i = 11; i <= 20; i++) {
        peer_expect(worker, KIND_ASK, i);
        worker_say(worker, NULL, KIND_SAY, "x");
        peer_expect_status(edge, i, OK);
    }
    for (uint64_t i = 22; i <= 23; i++) {
        peer_expect(worker, KIND_ASK, i);
        worker_say(worker, NULL, KIND_SAY, "x");
        peer_expect_status(edge, i, OK);
    }
    /* An idle lane takes everything. */
    peer_ask(edge, MSG_auth_login, 24, 700, "x");
    peer_expect(worker, KIND_ASK, 24);
    worker_say(worker, NULL, KIND_SAY, "x");
    peer_expect_status(edge, 24, OK);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}
