#include "actors/page.h"

#include <string.h>

#include "protocol/node/clock.h"
#include "tests/actor/tests.h"

static void cursors_come_back(void **state) {
    (void)state;
    char text[CURSOR_BYTES];
    for (int i = 0; i < 10000; i++) {
        int64_t us = (int64_t)(random_u64() >> 11), id = (int64_t)(random_u64() >> 1), got_us, got_id;
        cursor_write(us, id, text);
        assert_int_equal(strlen(text), CURSOR_BYTES - 1);
        assert_int_equal(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                         CURSOR_BYTES - 1);
        assert_int_equal(cursor_read(text, &got_us, &got_id), 0);
        assert_true(got_us == us && got_id == id);
    }
}

static void wild_cursors_are_refused(void **state) {
    (void)state;
    static const char *const wild[] = {"",
                                       "A",
                                       "0",
                                       "AAAAAAAAAAAAAAAAAAAAAAA",
                                       "AAAAAAAAAAAAAAAAAAAAAB",
                                       "AAAAAAAAAAAAAAAAAAAA==",
                                       "AAAAAAAAAAAAAAAAAAAAA ",
                                       "______________________",
                                       "1700000000000000,12",
                                       "AAAAAAAAAAAAAAAAAAAA+A",
                                       "AAAAAAAAAAAAAAAAAAAA\xc3\xa4",
                                       "AAAAAAAAAAD_________-w",
                                       "' or 1=1 --"};
    int64_t us, id;
    for (size_t i = 0; i < sizeof wild / sizeof *wild; i++)
        if (!cursor_read(wild[i], &us, &id))
            fail_msg("%s", wild[i]);
    /* A last letter with bits that mean nothing would be a second spelling. */
    assert_int_equal(cursor_read("AAAAAAAAAAAAAAAAAAAAAA", &us, &id), 0);
    assert_int_equal(cursor_read("AAAAAAAAAAAAAAAAAAAAAQ", &us, &id), 0);
    assert_int_equal(id, 1);
}

int page_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cursors_come_back),
        cmocka_unit_test(wild_cursors_are_refused),
    };
    return RUN("page", NULL, NULL);
}
