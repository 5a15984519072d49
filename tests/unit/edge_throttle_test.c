#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "http_edge/throttle.h"
#include "protocol/node/config.h"
#include "tests/unit/edge_test.h"
#include "tests/unit/unit.h"

enum { MOST = 30, THREADS = 4 };

static int load(void **state) {
    (void)state;
    unsetenv("ZOE_RATE_LIMITS");
    config_load();
    return 0;
}

static int taken(const char *address, int tries) {
    int good = 0;
    for (int i = 0; i < tries; i++)
        good += throttle_take(address) == 0;
    return good;
}

static void an_address_has_its_minute(void **state) {
    (void)state;
    assert_int_equal(taken("198.51.100.1", 100), MOST);
    assert_in_range(throttle_take("198.51.100.1"), 58, 60);
    assert_int_equal(taken("198.51.100.2", 100), MOST);
    assert_int_equal(taken("127.0.0.1", 100), 100);
    assert_int_equal(taken("::1", 100), 100);
    /* An IPv6 network is one address. */
    assert_int_equal(taken("2001:db8::1", 20) + taken("2001:db8::2", 20), MOST);
    assert_int_equal(taken("2001:db8:0:1::1", 20), 20);
}

/* Whoever comes from everywhere does not get the others' minutes mixed up. */
static void many_addresses_fit(void **state) {
    (void)state;
    char address[32];
    int good = 0;
    for (int i = 0; i < 4000; i++) {
        snprintf(address, sizeof address, "10.1.%d.%d", i / 250, i % 250);
        good += taken(address, 1);
    }
    assert_int_equal(good, 4000);
}

static void *hammer(void *good) {
    atomic_fetch_add((_Atomic int *)good, taken("198.51.100.3", 1000));
    return NULL;
}

static void shards_count_together(void **state) {
    (void)state;
    _Atomic int good = 0;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, &good), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(good, MOST);
}

int edge_throttle_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_has_its_minute),
        cmocka_unit_test(many_addresses_fit),
        cmocka_unit_test(shards_count_together),
    };
    return cmocka_run_group_tests_name("edge: throttle", tests, load, NULL);
}
