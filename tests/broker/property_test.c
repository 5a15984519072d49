/* Thousands of asks while workers are killed at random: every ask gets exactly one answer. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/broker/tests.h"

enum { ASKS = 6000, WORKERS = 3, AT_ONCE = 200, KILL_EVERY = 300 };

struct run {
    struct house house;
    struct peer *edge;
    pid_t workers[WORKERS];
    uint8_t answers[ASKS + 1];
    unsigned answered, asked, by_status[STATUS_COUNT], cancelled;
    bool given_up[ASKS + 1];
};

static void replace_worker(struct run *run, unsigned i) {
    if (run->workers[i]) {
        kill(run->workers[i], SIGKILL);
        house_reap(run->workers[i]);
    }
    run->workers[i] = house_spawn_worker(&run->house, "content", "32", i ? "echo" : "hold");
}

static void ask(struct run *run) {
    char text[32];
    unsigned i = ++run->asked;
    snprintf(text, sizeof text, "ask number %u", i);
    peer_ask(run->edge, i % 3 ? MSG_content_show : MSG_content_create, i, i % 7 ? 3000 : 40, text);
    if (i % 97 == 0) {
        peer_cancel(run->edge, i);
        run->given_up[i] = true;
        run->cancelled++;
    }
}

static void check_answer(struct run *run) {
    char text[32];
    struct header *header = &run->edge->header;
    uint64_t i = header->key.sequence;
    assert_int_equal(header->kind, KIND_SAY);
    assert_in_range(i, 1, run->asked);
    assert_int_equal(run->answers[i], 0);
    run->answers[i] = 1;
    run->answered++;
    assert_in_range(header->status, 0, STATUS_COUNT - 1);
    run->by_status[header->status]++;
    if (header->status == OK) {
        snprintf(text, sizeof text, "ask number %u", (unsigned)i);
        assert_int_equal(zmq_msg_size(&run->edge->body), strlen(text));
        assert_memory_equal(zmq_msg_data(&run->edge->body), text, strlen(text));
    } else if (header->status == UNKNOWN_OUTCOME) {
        return;
    } else
        assert_int_equal(header->status, DEADLINE);
}

void every_ask_has_one_answer(void **state) {
    (void)state;
    static struct run run;
    unsigned kills = 0, seed = 12345;
    house_open(&run.house, "ZOE_SILENCE_MS=1500");
    run.edge = peer_open(&run.house, "ask");
    for (unsigned i = 0; i < WORKERS; i++)
        replace_worker(&run, i);
    int64_t end = now_ms() + 60000;
    /* A cancelled ask may be answered (the answer was on its way) or not. */
    while (run.answered + run.cancelled < ASKS && now_ms() < end) {
        while (run.asked < ASKS && run.asked < run.answered + AT_ONCE)
            ask(&run);
        if (peer_take(run.edge, 20))
            check_answer(&run);
        else if (run.asked == ASKS && peer_take(run.edge, 4000))
            check_answer(&run);
        else if (run.asked == ASKS)
            break;
        if (run.answered / KILL_EVERY > kills && run.asked < ASKS) {
            kills++;
            replace_worker(&run, (unsigned)rand_r(&seed) % WORKERS);
        }
    }
    while (peer_take(run.edge, 500))
        check_answer(&run);
    for (unsigned i = 1; i <= ASKS; i++)
        if (!run.answers[i] && !run.given_up[i])
            fail_msg("ask %u has no answer", i);
    print_message("%u asks, %u kills: %u answered, %u unknown outcome, %u deadline, %u cancelled\n", ASKS, kills,
                  run.by_status[OK], run.by_status[UNKNOWN_OUTCOME], run.by_status[DEADLINE], run.cancelled);
    assert_true(kills >= 10 && run.by_status[OK] > ASKS / 4 && run.by_status[UNKNOWN_OUTCOME] > 0);
    const struct broker_state *now = house_state(&run.house);
    assert_int_equal(now->in_flight, 0);
    assert_int_equal(state_queue(now, "content", "FAST")->queued, 0);
    assert_int_equal(state_queue(now, "content", "FAST")->queued_bytes, 0);
    for (unsigned i = 0; i < WORKERS; i++) {
        kill(run.workers[i], SIGKILL);
        house_reap(run.workers[i]);
    }
    house_await_workers(&run.house, 0);
    assert_int_equal(state_queue(house_state(&run.house), "content", "FAST")->in_flight, 0);
    peer_close(run.edge);
    house_close(&run.house);
}
