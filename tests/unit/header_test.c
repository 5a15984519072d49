#include <string.h>

#include "protocol/wire/header.h"
#include "tests/unit/unit.h"

static const struct header sample = {.kind = KIND_ASK,
                                     .attempt = 2,
                                     .message = 301,
                                     .status = 13,
                                     .remaining_ms = 2999,
                                     .key = {0x1122334455667788, UINT64_MAX},
                                     .user = 42,
                                     .roles = ROLE_USER | ROLE_ADMIN,
                                     .body_bytes = 17,
                                     .trace = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255},
                                     .once = {9, [15] = 8},
                                     .once_body = 0x0102030405060708};

static void reads_what_it_wrote(void **state) {
    (void)state;
    uint8_t bytes[HEADER_BYTES];
    struct header read;
    header_write(&sample, bytes);
    assert_int_equal(header_read(&read, bytes, sizeof bytes), 0);
    assert_int_equal(read.kind, sample.kind);
    assert_int_equal(read.attempt, sample.attempt);
    assert_int_equal(read.message, sample.message);
    assert_int_equal(read.status, sample.status);
    assert_int_equal(read.remaining_ms, sample.remaining_ms);
    assert_true(read.key.edge == sample.key.edge && read.key.sequence == sample.key.sequence);
    assert_int_equal(read.user, sample.user);
    assert_int_equal(read.roles, sample.roles);
    assert_int_equal(read.body_bytes, sample.body_bytes);
    assert_memory_equal(read.trace, sample.trace, 16);
    assert_memory_equal(read.once, sample.once, ONCE_BYTES);
    assert_true(read.once_body == sample.once_body);
    assert_true(header_once(&read));
    assert_false(header_once(&(struct header){.once_body = 1}));
}

static void is_big_endian_and_versioned(void **state) {
    (void)state;
    uint8_t bytes[HEADER_BYTES];
    header_write(&sample, bytes);
    assert_memory_equal(bytes, "ZOE1", 4);
    assert_int_equal(bytes[4], HEADER_VERSION);
    assert_int_equal(bytes[6] << 8 | bytes[7], 301);
    assert_int_equal(bytes[16], 0x11);
}

static void refuses_what_is_no_header(void **state) {
    (void)state;
    uint8_t bytes[HEADER_BYTES];
    struct header read;
    header_write(&sample, bytes);
    assert_int_equal(header_read(&read, bytes, HEADER_BYTES - 1), -1);
    assert_int_equal(header_read(&read, bytes, 0), -1);
    bytes[4] = HEADER_VERSION + 1;
    assert_int_equal(header_read(&read, bytes, HEADER_BYTES), -1);
    bytes[4] = HEADER_VERSION;
    bytes[5] = 0;
    assert_int_equal(header_read(&read, bytes, HEADER_BYTES), -1);
    bytes[5] = KIND_LAST;
    assert_int_equal(header_read(&read, bytes, HEADER_BYTES), -1);
    bytes[5] = KIND_ASK;
    bytes[0] = 'z';
    assert_int_equal(header_read(&read, bytes, HEADER_BYTES), -1);
}

static void writes_a_trace_as_hex(void **state) {
    (void)state;
    char text[33];
    trace_text(sample.trace, text);
    assert_string_equal(text, "0102030405060708090a0b0c0d0e0fff");
}

int header_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_it_wrote),
        cmocka_unit_test(is_big_endian_and_versioned),
        cmocka_unit_test(refuses_what_is_no_header),
        cmocka_unit_test(writes_a_trace_as_hex),
    };
    return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
