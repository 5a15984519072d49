#include <string.h>

#include "http_edge/proxy.h"
#include "tests/unit/edge_test.h"
#include "tests/unit/unit.h"

/* Who a request comes from behind proxies at 10.0.0.0/8, 127.0.0.1 and 2001:db8:1::/48. */

static const char *picked(const char *peer, const char *header, bool forwarded) {
    static char text[INET6_ADDRSTRLEN];
    proxy_pick(peer, header, forwarded, text);
    return text;
}

static int start(void **state) {
    (void)state;
    char why[300];
    return proxy_open("10.0.0.0/8, 127.0.0.1,2001:db8:1::/48", why);
}

static void strangers_are_not_believed(void **state) {
    (void)state;
    assert_string_equal(picked("203.0.113.9", "1.2.3.4", false), "203.0.113.9");
    assert_string_equal(picked("203.0.113.9", NULL, false), "203.0.113.9");
    assert_string_equal(picked("127.0.0.2", "1.2.3.4", false), "127.0.0.2");
    assert_string_equal(picked("2001:db8:2::1", "1.2.3.4", false), "2001:db8:2::1");
    assert_string_equal(picked("11.0.0.1", "for=1.2.3.4", true), "11.0.0.1");
}

static void the_rightmost_stranger_is_the_client(void **state) {
    (void)state;
    assert_string_equal(picked("127.0.0.1", "1.2.3.4", false), "1.2.3.4");
    assert_string_equal(picked("127.0.0.1", "6.6.6.6, 1.2.3.4", false), "1.2.3.4");
    assert_string_equal(picked("127.0.0.1", "6.6.6.6,1.2.3.4, 10.1.2.3 ,\t10.9.9.9", false), "1.2.3.4");
    assert_string_equal(picked("2001:db8:1::5", "2001:db8::77", false), "2001:db8::77");
    assert_string_equal(picked("10.0.0.1", "[2001:db8::77]:4711", false), "2001:db8::77");
    assert_string_equal(picked("10.0.0.1", "1.2.3.4:4711", false), "1.2.3.4");
    assert_string_equal(picked("::ffff:10.0.0.1", "::ffff:1.2.3.4", false), "1.2.3.4");
    /* Only proxies all the way: the leftmost of them. */
    assert_string_equal(picked("127.0.0.1", "10.0.0.7, 10.0.0.8", false), "10.0.0.7");
    assert_string_equal(picked("127.0.0.1", NULL, false), "127.0.0.1");
}

static void what_cannot_be_read_ends_the_search(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",       ",",       "unknown",   "1.2.3",           "1.2.3.4.5", "1.2.3.4, ", "1.2.3.4,x",  "[::1",
        "[::1]x", "_hidden", "256.1.1.1", "1.2.3.4 5.6.7.8", "\"1.2.3.4", ";;;;,;;",   "1.2.3.4\t;", "::1::2, ::g"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_string_equal(picked("127.0.0.1", bad[i], false), "127.0.0.1");
    assert_string_equal(picked("127.0.0.1", "6.6.6.6, unknown, 10.0.0.7", false), "10.0.0.7");
    char huge[5000];
    memset(huge, '1', sizeof huge);
    huge[sizeof huge - 1] = 0;
    assert_string_equal(picked("127.0.0.1", huge, false), "127.0.0.1");
    memset(huge, ',', sizeof huge - 1);
    assert_string_equal(picked("127.0.0.1", huge, false), "127.0.0.1");
}

static void forwarded_is_read(void **state) {
    (void)state;
    assert_string_equal(picked("127.0.0.1", "for=1.2.3.4", true), "1.2.3.4");
    assert_string_equal(picked("127.0.0.1", "for=6.6.6.6, For=\"1.2.3.4:80\" ; proto=https;by=10.0.0.1", true),
                        "1.2.3.4");
    assert_string_equal(picked("127.0.0.1", "proto=http; for=\"[2001:db8:cafe::17]:4711\"", true), "2001:db8:cafe::17");
    assert_string_equal(picked("127.0.0.1", "for=1.2.3.4, for=10.0.0.9", true), "1.2.3.4");
    static const char *const bad[] = {"1.2.3.4",      "for=",        "for", "for=unknown",
                                      "xfor=1.2.3.4", "by=1.2.3.4;", "; ;", "for=\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_string_equal(picked("127.0.0.1", bad[i], true), "127.0.0.1");
}

static void networks_are_checked(void **state) {
    char why[300];
    static const char *const bad[] = {"10.0.0.0/33", "10.0.0/8",    "x",           "::/129",
                                      "10.0.0.0/",   "10.0.0.0/ 8", "10.0.0.0/-1", "1.2.3.4/8x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        *why = 0;
        assert_int_equal(proxy_open(bad[i], why), -1);
        assert_true(*why);
    }
    assert_int_equal(proxy_open("", why), 0);
    assert_string_equal(picked("127.0.0.1", "1.2.3.4", false), "127.0.0.1");
    assert_int_equal(proxy_open("0.0.0.0/0", why), 0);
    assert_string_equal(picked("9.9.9.9", "1.2.3.4,5.6.7.8", false), "1.2.3.4");
    assert_string_equal(picked("2001:db8::1", "1.2.3.4", false), "2001:db8::1");
    assert_int_equal(start(state), 0);
}

int edge_proxy_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strangers_are_not_believed),
        cmocka_unit_test(the_rightmost_stranger_is_the_client),
        cmocka_unit_test(what_cannot_be_read_ends_the_search),
        cmocka_unit_test(forwarded_is_read),
        cmocka_unit_test(networks_are_checked),
    };
    return cmocka_run_group_tests_name("edge: proxies", tests, start, NULL);
}
