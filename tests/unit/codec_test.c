#include <string.h>

#include "protocol/wire/codec.h"
#include "protocol/wire/json.h"
#include "tests/unit/sample.h"
#include "tests/unit/unit.h"

enum { ROUNDS = 50 };

static void round_trip(const struct record *record, uint64_t *seed) {
    struct arena *arena = arena_new();
    struct buffer body = {0}, before = {0}, after = {0};
    struct fault fault = {0};
    void *value = sample_make(record, seed, arena);
    assert_int_equal(body_encode(record, value, &body), 0);
    void *again = body_decode(record, body.at, body.n, arena, &fault);
    if (!again)
        fail_msg("%s%s %s", record->about->name, fault.field, fault.why);
    record_to_json(record, value, &before);
    record_to_json(record, again, &after);
    assert_int_equal(before.n, after.n);
    assert_memory_equal(before.at, after.at, before.n);
    buffer_free(&body);
    buffer_free(&before);
    buffer_free(&after);
    arena_free(arena);
}

static void every_message_survives_the_wire(void **state) {
    (void)state;
    size_t count;
    uint64_t seed = 2463534242;
    const struct message *messages = message_all(&count);
    assert_true(count > 20);
    for (size_t i = 0; i < count; i++)
        for (int round = 0; round < ROUNDS; round++) {
            round_trip(messages[i].ask(), &seed);
            round_trip(messages[i].reply(), &seed);
        }
}

static void numbers_and_names_are_unique(void **state) {
    (void)state;
    size_t count;
    const struct message *messages = message_all(&count);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(message_row(messages[i].number), &messages[i]);
        /* message_row() searches in rising order. */
        if (i)
            assert_true(messages[i].number > messages[i - 1].number);
        assert_true(strlen(messages[i].meaning) > 10);
    }
    assert_null(message_row(9999));
    assert_int_equal(service_number("auth"), SERVICE_auth);
    assert_int_equal(service_number("nobody"), -1);
}

/* The field at fault and the reason, or NULL when the body was taken. */
static const char *refusal(const struct record *record, const char *bytes, size_t n) {
    static char text[500];
    struct arena *arena = arena_new();
    struct fault fault = {0};
    void *value = body_decode(record, bytes, n, arena, &fault);
    arena_free(arena);
    if (value)
        return NULL;
    snprintf(text, sizeof text, "%s %s", fault.field, fault.why);
    return text;
}

#define REFUSAL(record, bytes) refusal(record##_record(), bytes, sizeof(bytes) - 1)

static void a_bad_body_names_its_field(void **state) {
    (void)state;
    assert_null(REFUSAL(by_id, "\x81\x01\x05"));
    assert_null(REFUSAL(by_id, "\x82\x01\x05\x63\xa1x"));
    assert_string_equal(REFUSAL(by_id, "\x80"), "/id is required");
    assert_string_equal(REFUSAL(by_id, "\x81\x01\xa1x"), "/id must be an integer");
    assert_string_equal(REFUSAL(by_id, "\x81\x01\x00"), "/id must be at least 1");
    assert_string_equal(REFUSAL(by_id, "\x82\x01\x05\x01\x06"), "/id stands twice");
    assert_string_equal(REFUSAL(by_id, "\x81\x01\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
                        "/id must be an integer of 63 bits");
    assert_string_equal(REFUSAL(by_id, "\x81\x01\x05\x05"), " is not one whole msgpack value");
    assert_string_equal(REFUSAL(by_id, "\x81\x01"), " is not one whole msgpack value");
    assert_string_equal(REFUSAL(by_id, ""), " is not one whole msgpack value");
    assert_string_equal(REFUSAL(by_id, "\x91\x05"), " must be a record");
    assert_string_equal(REFUSAL(title_new, "\x81\x01\xa0"), "/title must not be empty");
    assert_string_equal(REFUSAL(title_new, "\x81\x01\xa2\xc3("), "/title must be UTF-8 without NUL");
    assert_string_equal(REFUSAL(title_new, "\x82\x01\xa1x\x02\xa4"
                                           "film"),
                        "/kind must be one of movie|series|video");
}

static void promises_of_huge_counts_cost_nothing(void **state) {
    (void)state;
    assert_non_null(REFUSAL(keys_reply, "\x81\x01\xdd\xff\xff\xff\xff"));
    assert_non_null(REFUSAL(keys_reply, "\x81\x01\xdf\xff\xff\xff\xff"));
    assert_non_null(REFUSAL(keys_reply, "\xdf\xff\xff\xff\xff"));
    char deep[200];
    memset(deep, '\x91', sizeof deep);
    assert_non_null(refusal(by_id_record(), deep, sizeof deep));
}

static void a_missing_required_field_is_not_encoded(void **state) {
    (void)state;
    struct buffer body = {0};
    assert_int_equal(body_encode(title_new_record(), &(struct title_new){.kind = "movie"}, &body), -1);
    buffer_free(&body);
}

/* Of a change it says that there shall be none. */
static void an_empty_list_is_not_an_absent_one(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct fault fault = {0};
    struct buffer body = {0};
    json_t *json = json_pack("{s:i, s:[]}", "id", 1, "genres");
    const struct title_change *said = record_from_json(title_change_record(), json, true, arena, &fault);
    assert_non_null(said);
    assert_int_equal(body_encode(title_change_record(), said, &body), 0);
    const struct title_change *heard = body_decode(title_change_record(), body.at, body.n, arena, &fault);
    assert_non_null(heard);
    assert_true(heard->genres.at && !heard->genres.n);
    assert_null(heard->tags.at);
    json_decref(json);
    buffer_free(&body);
    arena_free(arena);
}

static void the_arena_grows_and_forgets(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    for (int round = 0; round < 3; round++) {
        for (size_t n = 1; n < 100000; n *= 3) {
            unsigned char *at = arena_alloc(arena, n);
            assert_int_equal((uintptr_t)at % 16, 0);
            assert_int_equal(at[0] | at[n - 1], 0);
            memset(at, 0xff, n);
        }
        arena_reset(arena);
    }
    assert_null(arena_alloc(arena, SIZE_MAX));
    assert_string_equal(arena_print(arena, "%d-%s", 7, "x"), "7-x");
    arena_free(arena);
}

int codec_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_survives_the_wire),
        cmocka_unit_test(numbers_and_names_are_unique),
        cmocka_unit_test(a_bad_body_names_its_field),
        cmocka_unit_test(promises_of_huge_counts_cost_nothing),
        cmocka_unit_test(a_missing_required_field_is_not_encoded),
        cmocka_unit_test(an_empty_list_is_not_an_absent_one),
        cmocka_unit_test(the_arena_grows_and_forgets),
    };
    return cmocka_run_group_tests_name("codec", tests, NULL, NULL);
}
