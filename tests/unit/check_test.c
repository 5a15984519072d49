#include <string.h>

#include "protocol/wire/check.h"
#include "tests/unit/unit.h"

static void utf8_follows_rfc3629(void **state) {
    (void)state;
    static const char *const good[] = {"",
                                       "a",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xbf",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xc2(",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xed\xbf\xbf",
                                      "\xe2\x82",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "\xfe",
                                      "a\xf0\x9f\x8e"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(text_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(text_valid(bad[i], strlen(bad[i])));
    assert_false(text_valid("a\0b", 3));
}

static void choices_are_whole_words(void **state) {
    (void)state;
    struct fault fault;
    const struct field field = {.type = TYPE_CHOICE, .choices = "movie|series|video"};
    assert_int_equal(check_text(&field, "movie", 5, &fault), 0);
    assert_int_equal(check_text(&field, "video", 5, &fault), 0);
    static const char *const wrong[] = {"", "mov", "movies", "movie|series", "|", "Movie"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(check_text(&field, wrong[i], strlen(wrong[i]), &fault), -1);
}

static void bounds_count_bytes(void **state) {
    (void)state;
    struct fault fault;
    const struct field field = {.type = TYPE_TEXT, .min = 2, .max = 4};
    assert_int_equal(check_text(&field, "\xc3\xa4\xc3\xa4", 4, &fault), 0);
    assert_int_equal(check_text(&field, "a", 1, &fault), -1);
    assert_int_equal(check_text(&field, "abcde", 5, &fault), -1);
    assert_string_equal(fault.why, "must have at most 4 bytes");
}

static void pointers_grow_from_the_inside(void **state) {
    (void)state;
    struct fault fault;
    fault_set(&fault, "is wrong");
    fault_in(&fault, "name", 0);
    fault_in(&fault, NULL, 3);
    fault_in(&fault, "items", 0);
    assert_string_equal(fault.field, "/items/3/name");
}

int check_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_follows_rfc3629),
        cmocka_unit_test(choices_are_whole_words),
        cmocka_unit_test(bounds_count_bytes),
        cmocka_unit_test(pointers_grow_from_the_inside),
    };
    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
