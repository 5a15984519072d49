/* Points 8 to 13: liveness, rights, administration, drain. */

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/broker/tests.h"

static void beat(struct peer *peer) {
    peer_send(peer, (struct header){.kind = KIND_BEAT}, NULL, 0);
}

void point_8_busy_worker_lives(void **state) {
    (void)state;
    struct house house;
    house_open(&house, "ZOE_SILENCE_MS=400");
    struct peer *worker = worker_open(&house, "content", 1, 0);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_create, 1, 15000, "long work");
    peer_expect(worker, KIND_ASK, 1);
    struct header held = worker->header;
    for (int i = 0; i < 20; i++) {
        sleep_ms(60);
        beat(worker);
    }
    worker_say(worker, &held, KIND_SAY, "done");
    peer_expect_status(edge, 1, OK);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}

void point_8_stopped_worker_is_lost(void **state) {
    (void)state;
    struct house house;
    house_open(&house, "ZOE_SILENCE_MS=400");
    pid_t stopped = house_spawn_worker(&house, "content", "8", "hold");
    house_await_workers(&house, 1);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_show, 1, 15000, "retry");
    peer_ask(edge, MSG_content_create, 2, 15000, "once");
    while (state_queue(house_state(&house), "content", "FAST")->in_flight < 2)
        sleep_ms(2);
    /* A live one beside it must not hide the dead one, and gets what may be repeated. */
    pid_t echo = house_spawn_worker(&house, "content", "8", "echo");
    house_await_workers(&house, 2);
    int64_t stopped_ms = now_ms();
    kill(stopped, SIGSTOP);
    bool retried = false, unknown = false;
    for (int i = 0; i < 2; i++) {
        assert_true(peer_take(edge, 5000));
        retried |= edge->header.key.sequence == 1 && edge->header.status == OK;
        unknown |= edge->header.key.sequence == 2 && edge->header.status == UNKNOWN_OUTCOME;
    }
    assert_true(retried && unknown);
    print_message("silence noticed after %d ms\n", (int)(now_ms() - stopped_ms));
    assert_int_equal(house_state(&house)->workers.n, 1);
    /* Awake again, it is told BYE, says READY and serves. */
    kill(stopped, SIGCONT);
    house_await_workers(&house, 2);
    kill(stopped, SIGKILL);
    kill(echo, SIGKILL);
    house_reap(stopped);
    house_reap(echo);
    peer_close(edge);
    house_close(&house);
}

void point_8_unknown_worker_is_told(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *stranger = peer_open(&house, "work");
    beat(stranger);
    peer_expect(stranger, KIND_BYE, 0);
    assert_int_equal(stranger->header.status, OK);
    peer_send(stranger, (struct header){.kind = KIND_SAY, .message = MSG_content_show, .key = {1, 1}}, "x", 1);
    peer_expect(stranger, KIND_BYE, 0);
    worker_ready(stranger, "content", 1, 0);
    beat(stranger);
    peer_expect_nothing(stranger, 50);
    assert_int_equal(house_state(&house)->workers.n, 1);
    peer_close(stranger);
    house_close(&house);
}

void point_8_own_sleep_is_not_silence(void **state) {
    (void)state;
    struct house house;
    house_open(&house, "ZOE_SILENCE_MS=400");
    pid_t worker = house_spawn_worker(&house, "content", "8", "hold");
    house_await_workers(&house, 1);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_create, 1, 15000, "x");
    while (state_queue(house_state(&house), "content", "FAST")->in_flight < 1)
        sleep_ms(2);
    kill(house.broker, SIGSTOP);
    sleep_ms(1200);
    kill(house.broker, SIGCONT);
    peer_expect_nothing(edge, 300);
    assert_int_equal(house_state(&house)->workers.n, 1);
    kill(worker, SIGKILL);
    house_reap(worker);
    peer_expect_status(edge, 1, UNKNOWN_OUTCOME);
    peer_close(edge);
    house_close(&house);
}

void point_9_actors_ask_for_themselves(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *content = worker_open(&house, "content", 8, 0);
    struct peer *history = worker_open(&house, "history", 8, 0);
    /* peer_ask() pretends to be user 7. */
    peer_ask(content, MSG_history_learn, 1, 15000, "card");
    peer_expect(history, KIND_ASK, 1);
    assert_int_equal(history->header.user, 0);
    assert_int_equal(history->header.roles, ROLE_SERVICE);
    worker_say(history, NULL, KIND_SAY, "kept");
    peer_expect_status(content, 1, OK);
    peer_close(content);
    peer_close(history);
    house_close(&house);
}

void point_10_status(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *worker = worker_open(&house, "auth", 5, 3);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_auth_me, 1, 15000, "x");
    peer_expect(worker, KIND_ASK, 1);
    const struct broker_state *now = house_state(&house);
    assert_int_equal(now->in_flight, 1);
    assert_false(now->draining);
    assert_int_equal(now->queues.n, (SERVICE_COUNT - 1) * LANE_COUNT);
    assert_int_equal(now->workers.n, 1);
    const struct worker_row *row = &LIST_AT(now->workers, struct worker_row, 0);
    assert_string_equal(row->service, "auth");
    assert_memory_equal(row->instance, "test-", 5);
    assert_int_equal(row->fast_credit, 4);
    assert_int_equal(row->heavy_credit, 3);
    assert_int_equal(row->in_flight, 1);
    /* Edges may look too, actors may not. */
    peer_ask(edge, MSG_broker_status, 2, 1000, "");
    peer_expect_status(edge, 2, OK);
    peer_ask(worker, MSG_broker_status, 3, 1000, "");
    peer_expect_status(worker, 3, FORBIDDEN);
    /* The admin socket is for nothing else. */
    struct peer *admin = peer_open(&house, "admin");
    peer_ask(admin, MSG_content_show, 4, 1000, "x");
    peer_expect_status(admin, 4, FORBIDDEN);
    peer_close(admin);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}

void point_10_drain_and_open(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *worker = worker_open(&house, "content", 8, 0);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_show, 1, 15000, "before");
    peer_expect(worker, KIND_ASK, 1);
    struct header held = worker->header;
    assert_int_equal(house_drain(&house, "ask", "content", false), FORBIDDEN);
    assert_int_equal(house_drain(&house, "admin", "nonsense", false), NOT_FOUND);
    assert_int_equal(house_drain(&house, "admin", "content", false), OK);
    assert_true(state_queue(house_state(&house), "content", "FAST")->draining);
    peer_ask(edge, MSG_content_show, 2, 15000, "x");
    peer_expect_status(edge, 2, BUSY);
    assert_string_equal(peer_problem(edge), "draining");
    worker_say(worker, &held, KIND_SAY, "x");
    peer_expect_status(edge, 1, OK);
    assert_int_equal(house_drain(&house, "admin", "content", true), OK);
    peer_ask(edge, MSG_content_show, 3, 15000, "x");
    peer_expect(worker, KIND_ASK, 3);
    /* `broker` means all, whatever was said of each. */
    assert_int_equal(house_drain(&house, "admin", "broker", false), OK);
    peer_ask(edge, MSG_auth_me, 4, 15000, "x");
    peer_expect_status(edge, 4, BUSY);
    assert_true(house_state(&house)->draining);
    assert_int_equal(house_drain(&house, "admin", "broker", true), OK);
    peer_ask(edge, MSG_auth_me, 5, 50, "x");
    peer_expect_status(edge, 5, DEADLINE);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}

void point_11_counters(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *worker = worker_open(&house, "content", 1, 0);
    struct peer *edge = peer_open(&house, "ask");
    for (uint64_t i = 1; i <= 10; i++)
        peer_ask(edge, MSG_content_show, i, 15000, "x");
    for (uint64_t i = 1; i <= 10; i++) {
        peer_expect(worker, KIND_ASK, i);
        sleep_ms(5);
        worker_say(worker, NULL, KIND_SAY, "x");
        peer_expect_status(edge, i, OK);
    }
    const struct message_row *row = state_message(house_state(&house), "content_show");
    assert_int_equal(row->accepted, 10);
    assert_int_equal(row->dispatched, 10);
    assert_int_equal(row->stalls, 9);
    assert_true(row->service_p50_us >= 5000);
    /* The last one waited for the nine before. */
    assert_true(row->wait_p99_us >= 9 * 5000);
    assert_true(row->total_p99_us >= row->wait_p99_us);
    assert_true(row->wait_p50_us < row->wait_p99_us);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}

void point_12_worker_leaves(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    struct peer *leaving = worker_open(&house, "content", 8, 0);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_show, 1, 15000, "x");
    peer_expect(leaving, KIND_ASK, 1);
    struct header held = leaving->header;
    peer_send(leaving, (struct header){.kind = KIND_BYE}, NULL, 0);
    while (!LIST_AT(house_state(&house)->workers, struct worker_row, 0).draining)
        sleep_ms(2);
    peer_ask(edge, MSG_content_show, 2, 15000, "x");
    peer_expect_nothing(leaving, 50);
    worker_say(leaving, &held, KIND_SAY, "x");
    peer_expect_status(edge, 1, OK);
    /* Empty-handed it is told that nothing more will come. */
    peer_expect(leaving, KIND_BYE, 0);
    assert_int_equal(house_state(&house)->workers.n, 0);
    peer_close(leaving);
    struct peer *worker = worker_open(&house, "content", 8, 0);
    peer_expect(worker, KIND_ASK, 2);
    peer_close(worker);
    peer_close(edge);
    house_close(&house);
}

void point_12_broker_drains(void **state) {
    (void)state;
    struct house house;
    house_open(&house, "ZOE_DRAIN_SECONDS=15");
    struct peer *worker = worker_open(&house, "content", 1, 0);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_show, 1, 15000, "held");
    peer_ask(edge, MSG_content_show, 2, 15000, "waiting");
    peer_expect(worker, KIND_ASK, 1);
    struct header held = worker->header;
    while (state_queue(house_state(&house), "content", "FAST")->queued < 1)
        sleep_ms(2);
    kill(house.broker, SIGTERM);
    while (!house_state(&house)->draining)
        sleep_ms(2);
    peer_ask(edge, MSG_content_show, 3, 15000, "too late");
    peer_expect_status(edge, 3, BUSY);
    worker_say(worker, &held, KIND_SAY, "x");
    peer_expect_status(edge, 1, OK);
    peer_expect(worker, KIND_ASK, 2);
    worker_say(worker, NULL, KIND_SAY, "x");
    peer_expect_status(edge, 2, OK);
    assert_int_equal(house_wait(&house), 0);
    peer_close(worker);
    peer_close(edge);
    house_start(&house);
    house_close(&house);
}

void point_12_drain_has_an_end(void **state) {
    (void)state;
    struct house house;
    house_open(&house, "ZOE_DRAIN_SECONDS=1");
    struct peer *worker = worker_open(&house, "content", 1, 0);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_show, 1, 15000, "held for ever");
    peer_ask(edge, MSG_content_show, 2, 15000, "waiting for ever");
    while (state_queue(house_state(&house), "content", "FAST")->queued < 1)
        sleep_ms(2);
    kill(house.broker, SIGTERM);
    bool held = false, waiting = false;
    for (int i = 0; i < 2; i++) {
        assert_true(peer_take(edge, 5000));
        held |= edge->header.key.sequence == 1 && edge->header.status == UNKNOWN_OUTCOME;
        waiting |= edge->header.key.sequence == 2 && edge->header.status == BUSY;
    }
    assert_true(held && waiting);
    assert_int_equal(house_wait(&house), 0);
    peer_close(worker);
    peer_close(edge);
    house_start(&house);
    house_close(&house);
}

void point_13_broker_restarts(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    pid_t worker = house_spawn_worker(&house, "content", "8", "echo");
    house_await_workers(&house, 1);
    house_kill(&house);
    house_start(&house);
    /* The worker beats, is told BYE and says READY. */
    house_await_workers(&house, 1);
    struct peer *edge = peer_open(&house, "ask");
    peer_ask(edge, MSG_content_show, 1, 15000, "x");
    peer_expect_status(edge, 1, OK);
    kill(worker, SIGKILL);
    house_reap(worker);
    peer_close(edge);
    house_close(&house);
}
