#include <stdio.h>
#include <string.h>

#include "protocol/wire/json.h"
#include "tests/unit/sample.h"
#include "tests/unit/unit.h"

/* What the text becomes as `record` and JSON again, or "!pointer reason". */
static const char *through(const struct record *record, const char *text) {
    static char out[2000];
    struct arena *arena = arena_new();
    struct fault fault = {0};
    struct buffer made = {0};
    json_t *json = json_parse(text, strlen(text), &fault);
    void *value = json ? record_from_json(record, json, true, arena, &fault) : NULL;
    if (value)
        record_to_json(record, value, &made);
    if (value)
        snprintf(out, sizeof out, "%.*s", (int)made.n, made.at);
    else
        snprintf(out, sizeof out, "!%s %s", fault.field, fault.why);
    buffer_free(&made);
    json_decref(json);
    arena_free(arena);
    return out;
}

static void takes_what_the_contract_says(void **state) {
    (void)state;
    assert_string_equal(through(artist_new_record(), "{\"name\":\"L\\u00e9on\"}"), "{\"name\":\"L\xc3\xa9on\"}");
    assert_string_equal(through(artist_new_record(), "{\"name\":\"a\",\"biography\":null}"), "{\"name\":\"a\"}");
    assert_string_equal(through(progress_ask_record(), "{\"title_id\":7,\"position\":12}"),
                        "{\"title_id\":7,\"position\":12}");
    assert_string_equal(through(progress_ask_record(), "{\"title_id\":7,\"position\":0.1}"),
                        "{\"title_id\":7,\"position\":0.1}");
}

static void names_the_field_at_fault(void **state) {
    (void)state;
    assert_string_equal(through(title_new_record(), "{}"), "!/title is required");
    assert_string_equal(through(title_new_record(), "{\"title\":5}"), "!/title must be a text");
    assert_string_equal(through(title_new_record(), "{\"title\":\"a\",\"colour\":1}"), "!/colour is not known");
    assert_string_equal(through(title_new_record(), "[]"), "! must be an object");
    assert_string_equal(through(progress_ask_record(), "{\"title_id\":1.5,\"position\":1}"),
                        "!/title_id must be an integer");
    assert_string_equal(through(progress_ask_record(), "{\"title_id\":1,\"position\":-1}"),
                        "!/position must be at least 0");
    assert_string_equal(through(progress_ask_record(), "{\"title_id\":1,\"position\":\"1\"}"),
                        "!/position must be a number");
    assert_non_null(strstr(through(title_new_record(), "{\"title\":\"a\",\"title\":\"b\"}"), "duplicate"));
    assert_string_equal(through(title_new_record(), "{\"title\":\"a\\u0000b\"}"), "!/title must be UTF-8 without NUL");
    assert_non_null(strstr(through(title_new_record(), "{\"title\":"), "!"));
}

static void deep_nesting_is_refused_before_it_recurses(void **state) {
    (void)state;
    enum { DEEP = 100000 };
    char *text = malloc(DEEP + 1);
    memset(text, '[', DEEP);
    text[DEEP] = 0;
    struct fault fault;
    assert_null(json_parse(text, DEEP, &fault));
    assert_non_null(strstr(fault.why, "nested"));
    free(text);
}

static void text_fields_read_paths_and_queries(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct title_list_ask ask = {0};
    struct fault fault = {0};
    const struct record *record = title_list_ask_record();
    const struct field *limit = record_field(record, "limit");
    assert_int_equal(field_from_text(limit, "20", arena, &ask, &fault), 0);
    assert_true(ask.has_limit && ask.limit == 20);
    static const char *const wrong[] = {"",     "x",  "5x", " 5", "+5", "101", "0", "-1", "99999999999999999999",
                                        "0x10", "1e1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(field_from_text(limit, wrong[i], arena, &ask, &fault), -1);
    assert_string_equal(fault.field, "/limit");
    arena_free(arena);
}

static void every_ask_survives_json(void **state) {
    (void)state;
    size_t count;
    uint64_t seed = 88172645463325252;
    const struct message *messages = message_all(&count);
    for (size_t i = 0; i < count * 20; i++) {
        const struct record *record = messages[i % count].ask();
        struct arena *arena = arena_new();
        struct buffer first = {0}, second = {0};
        struct fault fault = {0};
        void *value = sample_make(record, &seed, arena);
        record_to_json(record, value, &first);
        json_t *json = json_parse(first.at, first.n, &fault);
        void *again = json ? record_from_json(record, json, true, arena, &fault) : NULL;
        if (!again)
            fail_msg("%s: %s %s in %.*s", record->about->name, fault.field, fault.why, (int)first.n, first.at);
        record_to_json(record, again, &second);
        assert_int_equal(first.n, second.n);
        assert_memory_equal(first.at, second.at, first.n);
        json_decref(json);
        buffer_free(&first);
        buffer_free(&second);
        arena_free(arena);
    }
}

static void times_are_rfc3339(void **state) {
    (void)state;
    char text[32];
    int64_t ms;
    time_to_text(1795164855000, text);
    assert_string_equal(text, "2026-11-20T08:54:15Z");
    assert_int_equal(time_from_text(text, &ms), 0);
    assert_int_equal(ms, 1795164855000);
    assert_int_equal(time_from_text("2026-11-20T10:54:15.250+02:00", &ms), 0);
    assert_int_equal(ms, 1795164855250);
    static const char *const wrong[] = {
        "", "yesterday", "2026-11-20", "2026-11-20T08:54:15", "2026-11-20T08:54:15Zx", "2026-11-20T08:54:15+2"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(time_from_text(wrong[i], &ms), -1);
}

int json_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_the_contract_says),
        cmocka_unit_test(names_the_field_at_fault),
        cmocka_unit_test(deep_nesting_is_refused_before_it_recurses),
        cmocka_unit_test(text_fields_read_paths_and_queries),
        cmocka_unit_test(every_ask_survives_json),
        cmocka_unit_test(times_are_rfc3339),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
