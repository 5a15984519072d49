#include "http_edge/range.h"
#include "tests/unit/edge_test.h"
#include "tests/unit/unit.h"

static void part(const char *text, uint64_t size, uint64_t first, uint64_t count) {
    uint64_t at = 0, n = 0;
    assert_int_equal(range_read(text, size, &at, &n), RANGE_PART);
    assert_int_equal(at, first);
    assert_int_equal(n, count);
}

static void single_ranges_are_parts(void **state) {
    (void)state;
    part("bytes=0-0", 100, 0, 1);
    part("bytes=0-99", 100, 0, 100);
    part("bytes=10-", 100, 10, 90);
    part("bytes=90-1000", 100, 90, 10);
    part("bytes=-5", 100, 95, 5);
    part("bytes=-500", 100, 0, 100);
    part("Bytes= 1-2 ", 100, 1, 2);
    part("bytes=99-999999999999999999", 100, 99, 1);
}

static void others_are_whole_or_outside(void **state) {
    (void)state;
    uint64_t at, n;
    static const char *const whole[] = {"",           "bytes",     "bytes=",    "bytes=-",
                                        "items=0-1",  "bytes=2-1", "bytes=a-b", "bytes=1-2,4-5",
                                        "bytes=0-1x", "bytes= -",  "bytes=--1", "bytes=9999999999999999999-"};
    static const char *const outside[] = {"bytes=100-", "bytes=100-200", "bytes=-0", "bytes=999999999999999999-"};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        assert_int_equal(range_read(whole[i], 100, &at, &n), RANGE_WHOLE);
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        assert_int_equal(range_read(outside[i], 100, &at, &n), RANGE_OUTSIDE);
    assert_int_equal(range_read(NULL, 100, &at, &n), RANGE_WHOLE);
    assert_int_equal(range_read("bytes=0-", 0, &at, &n), RANGE_OUTSIDE);
}

int edge_range_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_ranges_are_parts),
        cmocka_unit_test(others_are_whole_or_outside),
    };
    return cmocka_run_group_tests_name("edge: range", tests, NULL, NULL);
}
