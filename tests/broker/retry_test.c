/* Points 6 and 15: what becomes of an ask whose worker died. */

#include <signal.h>
#include <string.h>

#include "tests/broker/tests.h"

void point_6_retry_by_contract(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    pid_t pid = house_spawn_worker(&house, "content", "8", "hold");
    house_await_workers(&house, 1);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_show, 1, 15000, "first");
    peer_ask(edge, MSG_content_show, 2, 15000, "second");
    while (state_queue(house_state(&house), "content", "FAST")->in_flight < 2)
        sleep_ms(2);
    peer_ask(edge, MSG_content_show, 3, 15000, "third");
    kill(pid, SIGKILL);
    house_reap(pid);
    struct peer *worker = worker_open(&house, "content", 8, 0);
    /* In the order in which they were asked; the third may have been sent to the dying worker or not. */
    static const char *const bodies[] = {"first", "second", "third"};
    for (uint64_t i = 1; i <= 3; i++) {
        peer_expect(worker, KIND_ASK, i);
        if (i < 3)
            assert_int_equal(worker->header.attempt, 2);
        assert_memory_equal(zmq_msg_data(&worker->body), bodies[i - 1], strlen(bodies[i - 1]));
        worker_say(worker, NULL, KIND_SAY, "done");
        peer_expect_status(edge, i, OK);
    }
    assert_in_range(state_message(house_state(&house), "content_show")->retried, 2, 3);
    peer_expect_nothing(edge, 30);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}

void point_6_once_means_unknown_outcome(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    pid_t pid = house_spawn_worker(&house, "content", "1", "hold");
    house_await_workers(&house, 1);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_create, 1, 15000, "held");
    peer_ask(edge, MSG_content_create, 2, 15000, "waiting");
    while (state_queue(house_state(&house), "content", "FAST")->queued < 1)
        sleep_ms(2);
    kill(pid, SIGKILL);
    house_reap(pid);
    peer_expect_status(edge, 1, UNKNOWN_OUTCOME);
    assert_string_equal(peer_problem(edge), "unknown-outcome");
    /* What no worker has seen is not lost. */
    struct peer *worker = worker_open(&house, "content", 1, 0);
    peer_expect(worker, KIND_ASK, 2);
    assert_int_equal(worker->header.attempt, 1);
    worker_say(worker, NULL, KIND_SAY, "done");
    peer_expect_status(edge, 2, OK);
    assert_int_equal(state_message(house_state(&house), "content_create")->lost, 1);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}

void point_6_last_words_count(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *edge = peer_open(&house, "ask");
    for (int round = 0; round < 20; round++) {
        struct peer *worker = worker_open(&house, "content", 8, 0);
        for (uint64_t i = 1; i <= 8; i++)
            peer_ask(edge, MSG_content_create, i, 15000, "x");
        for (uint64_t i = 1; i <= 8; i++)
            peer_expect(worker, KIND_ASK, i);
        int linger = 1000;
        zmq_setsockopt(worker->socket, ZMQ_LINGER, &linger, sizeof linger);
        for (uint64_t i = 1; i <= 8; i++) {
            worker->header.key.sequence = i;
            worker_say(worker, NULL, KIND_SAY, "last words");
        }
        peer_close(worker);
        for (uint64_t i = 1; i <= 8; i++)
            peer_expect_status(edge, i, OK);
    }
    peer_close(edge);
    house_close(&house);
}

void point_15_poison_is_parked(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *edge = peer_open(&house, "ask");
    pid_t victims[3];
    for (int i = 0; i < 3; i++)
        victims[i] = house_spawn_worker(&house, "content", "8", "poison");
    house_await_workers(&house, 3);
    peer_ask(edge, MSG_content_show, 1, 15000, "poison");
    peer_expect_status(edge, 1, UNKNOWN_OUTCOME);
    /* Two workers are dead, the third still works. */
    peer_ask(edge, MSG_content_show, 2, 15000, "good");
    peer_expect_status(edge, 2, OK);
    const struct broker_state *now = house_state(&house);
    assert_int_equal(now->parked, 1);
    assert_int_equal(now->workers.n, 1);
    assert_int_equal(state_message(now, "content_show")->lost, 1);
    for (int i = 0; i < 3; i++) {
        kill(victims[i], SIGKILL);
        house_reap(victims[i]);
    }
    peer_close(edge);
    house_close(&house);
}
