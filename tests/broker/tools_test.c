/* zoectl and zoe-load against a real broker. */

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/broker/tests.h"

static char out[65536];

#define RUN(house, ...) house_run(house, (char *[]){__VA_ARGS__, NULL}, out, sizeof out)

void zoectl_tells_and_asks(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    pid_t worker = house_spawn_worker(&house, "history", "8", "echo");
    house_await_workers(&house, 1);
    /* The echo of title_ref {1: 7} read as resume_reply: position 7. */
    assert_int_equal(RUN(&house, "zoectl", "ask", "history_resume", "{\"title_id\":7}", "--user", "3"), 0);
    assert_string_equal(out, "{\"position\":7}\n");
    assert_int_equal(RUN(&house, "zoectl", "status"), 0);
    assert_non_null(strstr(out, "history_resume"));
    assert_non_null(strstr(out, "process"));
    assert_int_equal(RUN(&house, "zoectl", "status", "--json"), 0);
    assert_non_null(strstr(out, "\"message\":\"history_resume\",\"accepted\":1,"));
    assert_int_equal(RUN(&house, "zoectl", "drain", "history"), 0);
    assert_int_equal(RUN(&house, "zoectl", "ask", "history_resume", "{\"title_id\":7}"), 1);
    assert_int_equal(RUN(&house, "zoectl", "open", "history"), 0);
    assert_int_equal(RUN(&house, "zoectl", "ask", "history_resume", "{\"title_id\":7}"), 0);
    assert_int_equal(RUN(&house, "zoectl", "messages"), 0);
    assert_non_null(strstr(out, "broker_drain"));
    assert_int_equal(RUN(&house, "zoectl", "settings"), 0);
    assert_non_null(strstr(out, "ZOE_QUEUE_ASKS"));
    kill(worker, SIGKILL);
    house_reap(worker);
    house_close(&house);
}

void zoectl_refuses(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    assert_int_equal(RUN(&house, "zoectl"), 64);
    assert_int_equal(RUN(&house, "zoectl", "nonsense"), 64);
    assert_int_equal(RUN(&house, "zoectl", "status", "--xml"), 64);
    assert_int_equal(RUN(&house, "zoectl", "drain"), 64);
    assert_int_equal(RUN(&house, "zoectl", "drain", "nobody"), 64);
    assert_int_equal(RUN(&house, "zoectl", "ask"), 64);
    assert_int_equal(RUN(&house, "zoectl", "ask", "nothing_such"), 64);
    assert_int_equal(RUN(&house, "zoectl", "ask", "content_show"), 64);
    assert_int_equal(RUN(&house, "zoectl", "ask", "content_show", "{\"id\":1"), 64);
    assert_int_equal(RUN(&house, "zoectl", "ask", "content_show", "{\"id\":1,\"extra\":1}"), 64);
    assert_int_equal(RUN(&house, "zoectl", "ask", "auth_me", "{}", "--user", "x"), 64);
    house_kill(&house);
    assert_int_equal(RUN(&house, "zoectl", "status"), 69);
    assert_int_equal(RUN(&house, "zoectl", "ask", "auth_me"), 69);
    house_start(&house);
    house_close(&house);
}

void load_measures(void **state) {
    (void)state;
    struct house house;
    house_open(&house, NULL);
    pid_t worker = house_spawn_worker(&house, "content", "64", "echo");
    house_await_workers(&house, 1);
    assert_int_equal(
        RUN(&house, "zoe-load", "content_show", "{\"id\":1}", "--count", "500", "--window", "16", "--json"), 0);
    assert_non_null(strstr(out, "\"answered\":500,"));
    assert_non_null(strstr(out, "{\"OK\":500}"));
    assert_int_equal(state_message(house_state(&house), "content_show")->accepted, 500);
    assert_int_equal(RUN(&house, "zoe-load", "content_show", "--rate", "500", "--seconds", "0.5", "--json"), 0);
    assert_non_null(strstr(out, "\"answered\":250,"));
    assert_int_equal(RUN(&house, "zoe-load", "nothing_such"), 64);
    assert_int_equal(RUN(&house, "zoe-load", "content_show", "--window", "0"), 64);
    assert_int_equal(RUN(&house, "zoe-load", "content_show", "{\"id\":\"x\"}"), 64);
    kill(worker, SIGKILL);
    house_reap(worker);
    house_close(&house);
}
