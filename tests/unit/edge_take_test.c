#include <stdlib.h>
#include <string.h>

#include "http_edge/take.h"
#include "tests/unit/edge_test.h"
#include "tests/unit/unit.h"

static struct arena *arena;
static struct take_faults faults = {.most = 1};

static int open_arena(void **state) {
    (void)state;
    return (arena = arena_new()) ? 0 : -1;
}

static int close_arena(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

static const char *text_of(void *self, enum take_from from, const char *name) {
    (void)self;
    if (from == TAKE_PATH && !strcmp(name, "id"))
        return "41";
    if (from == TAKE_QUERY && !strcmp(name, "limit"))
        return "x1";
    if (from == TAKE_QUERY && (!strcmp(name, "50") || !strcmp(name, "51") || !strcmp(name, "-1") ||
                               !strcmp(name, "0") || !strcmp(name, "99999999999999999999")))
        return name;
    if (from == TAKE_HERE && !strcmp(name, "session"))
        return "9";
    return NULL;
}

static void *took(const struct record *record, const char *mapping, const char *body) {
    char why[200];
    struct take *take = take_new(record, mapping, why);
    assert_non_null(take);
    json_t *json = body ? json_loads(body, JSON_ALLOW_NUL, NULL) : NULL;
    struct take_source source = {.json = json, .text = text_of};
    void *value = take_run(take, &source, arena, &faults);
    json_decref(json);
    take_free(take);
    return value;
}

static void fields_come_from_everywhere(void **state) {
    (void)state;
    struct title_change *change = took(title_change_record(), "id={id} *", "{\"title\":\"New\"}");
    assert_non_null(change);
    assert_int_equal(change->id, 41);
    assert_string_equal(change->title, "New");
    assert_null(change->description);
    struct logout_ask *logout = took(logout_ask_record(), "session=@session dialect='v1'", NULL);
    assert_non_null(logout);
    assert_int_equal(logout->session, 9);
    assert_string_equal(logout->dialect, "v1");
    struct register_ask *made =
        took(register_ask_record(), "email=.mail password=.password confirm=.again dialect='d' ~",
             "{\"mail\":\"a@b.c\",\"password\":\"12345678\",\"again\":\"12345678\",\"privacy\":\"on\"}");
    assert_non_null(made);
    assert_string_equal(made->email, "a@b.c");
    assert_string_equal(made->confirm, "12345678");
}

static void refused(const struct record *record, const char *mapping, const char *body, const char *pointer) {
    assert_null(took(record, mapping, body));
    assert_true(faults.n > 0);
    assert_string_equal(faults.at[0].fault.field, pointer);
    assert_true(*faults.at[0].fault.why);
}

static void faults_name_what_the_client_knows(void **state) {
    (void)state;
    const struct record *record = register_ask_record();
    refused(record, "email=.mail password=.password dialect='d'", "{\"mail\":\"a@b.c\"}", "/password");
    refused(record, "email=.mail password=.password dialect='d'", "{\"password\":\"12345678\"}", "/mail");
    refused(record, "email=.mail password=.password dialect='d'", "{\"mail\":5,\"password\":\"12345678\"}", "/mail");
    refused(record, "email=.mail password=.password dialect='d'",
            "{\"mail\":\"a@b.c\",\"password\":\"12345678\",\"email\":\"x@y.z\"}", "/email");
    refused(title_new_record(), "*", "{\"title\":\"x\",\"extra\":1}", "/extra");
    refused(title_new_record(), "*", "{\"title\":\"x\",\"kind\":\"film\"}", "/kind");
    refused(title_new_record(), "*", "[]", "");
    refused(title_list_ask_record(), "limit=?limit", NULL, "/limit");
    /* What is mapped to something else cannot be said in the body. */
    refused(title_change_record(), "id={id} *", "{\"id\":1}", "/id");
}

static void wanted_entries_are_missed(void **state) {
    (void)state;
    refused(logout_ask_record(), "refresh_token=cookie:r! dialect='d'", NULL, "/r");
    assert_string_equal(faults.at[0].key, "missing");
    assert_non_null(took(logout_ask_record(), "refresh_token=cookie:r dialect='d'", NULL));
    assert_int_equal(faults.n, 0);
    const char *mapping = "email=trim:.mail! password=.password! dialect='d' ~";
    refused(login_ask_record(), mapping, "{\"mail\":\" \\n\"}", "/mail");
    assert_string_equal(faults.at[0].key, "blank");
    refused(login_ask_record(), mapping, "{\"mail\":null}", "/mail");
    assert_string_equal(faults.at[0].key, "missing");
    refused(login_ask_record(), mapping, "{\"mail\":[\"x\"]}", "/mail");
    assert_null(faults.at[0].key);
    refused(login_ask_record(), "email=.mail dialect='d' ~", "{}", "/mail");
    assert_string_equal(faults.at[0].key, "required");
}

static void all_faults_are_gathered(void **state) {
    (void)state;
    faults.most = TAKE_FAULTS_MAX;
    refused(register_ask_record(), "email=.email! password=.password! confirm=.again! dialect='d' ~",
            "{\"email\":5,\"again\":\"\"}", "/email");
    assert_int_equal(faults.n, 3);
    assert_null(faults.at[0].key);
    assert_string_equal(faults.at[1].fault.field, "/password");
    assert_string_equal(faults.at[1].key, "missing");
    assert_string_equal(faults.at[2].fault.field, "/again");
    assert_string_equal(faults.at[2].key, "blank");
    faults.most = 1;
}

static void texts_are_rewritten(void **state) {
    (void)state;
    struct login_ask *login = took(login_ask_record(), "email=trim:.mail password=.password dialect='d'",
                                   "{\"mail\":\"\\t a@b.c \",\"password\":\" x \"}");
    assert_non_null(login);
    assert_string_equal(login->email, "a@b.c");
    assert_string_equal(login->password, " x ");
    /* What stands behind a NUL is not cut off. */
    refused(login_ask_record(), "email=trim:.mail password=.password dialect='d'",
            "{\"mail\":\"a@b.c\\u0000x\",\"password\":\"x\"}", "/mail");
    static const struct {
        const char *mapping, *body;
        int64_t account;
    } numbers[] = {
        {"account=base64:.uid token='t'", "{\"uid\":\"MQ\"}", 1},
        {"account=base64:.uid token='t'", "{\"uid\":\"MTIzNDU\"}", 12345},
        {"account=base64:.uid token='t'", "{\"uid\":\"MR\"}", 0},
        {"account=base64:.uid token='t'", "{\"uid\":\"eHg\"}", 0},
        {"account=base64:.uid token='t'", "{\"uid\":\"OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk\"}", 0},
        {"account=base36:.uid token='t'", "{\"uid\":\"1\"}", 1},
        {"account=base36:.uid token='t'", "{\"uid\":\"rs\"}", 1000},
        {"account=base36:.uid token='t'", "{\"uid\":\"zzzzzzzzzzzzzzzz\"}", 0},
        {"account=base36:.uid token='t'", "{\"uid\":\"-1\"}", 0},
        {"account=hex:.uid token='t'", "{\"uid\":\"00000000000000000000002a\"}", 42},
        {"account=hex:.uid token='t'", "{\"uid\":\"2a\"}", 0},
        {"account=hex:.uid token='t'", "{\"uid\":\"ffffffffffffffffffffffff\"}", 0},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct activate_ask *ask = took(activate_ask_record(), numbers[i].mapping, numbers[i].body);
        assert_non_null(ask);
        assert_true(ask->has_account);
        assert_int_equal(ask->account, numbers[i].account);
    }
}

static void larger_numbers_are_capped(void **state) {
    (void)state;
    const struct record *record = title_list_ask_record();
    static const struct {
        const char *mapping;
        int limit;
    } good[] = {{"limit=most:50:?50", 50},
                {"limit=most:50:?51", 50},
                {"limit=most:50:?99999999999999999999", 50},
                {"limit=most:60:?51", 51},
                {"limit='20' limit=most:50:?none", 20}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct title_list_ask *list = took(record, good[i].mapping, NULL);
        assert_non_null(list);
        assert_int_equal(list->limit, good[i].limit);
    }
    refused(record, "limit=most:50:?limit", NULL, "/limit");
    refused(record, "limit=most:50:?0", NULL, "/0");
    refused(record, "limit=most:50:?-1", NULL, "/-1");
    refused(record, "limit=?99999999999999999999", NULL, "/99999999999999999999");
}

static void later_entries_count_for_a_field(void **state) {
    (void)state;
    const char *mapping = "email=.username email=.mail password=.password dialect='d'";
    struct login_ask *login = took(login_ask_record(), mapping, "{\"username\":\"ann\",\"password\":\"x\"}");
    assert_non_null(login);
    assert_string_equal(login->email, "ann");
    login = took(login_ask_record(), mapping, "{\"mail\":\"a@b.c\",\"password\":\"x\"}");
    assert_non_null(login);
    assert_string_equal(login->email, "a@b.c");
}

static void wrong_mappings_are_refused(void **state) {
    (void)state;
    char why[200];
    assert_null(take_new(by_id_record(), "nothing={id}", why));
    assert_null(take_new(by_id_record(), "id=", why));
    assert_null(take_new(by_id_record(), "id=[id]", why));
    assert_null(take_new(by_id_record(), "id", why));
    assert_null(take_new(by_id_record(), "id=most:?id", why));
    assert_null(take_new(by_id_record(), "id=most:0:?id", why));
    assert_null(take_new(by_id_record(), "id=most:5?id", why));
    assert_null(take_new(by_id_record(), "id=most:5:", why));
}

int edge_take_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_come_from_everywhere), cmocka_unit_test(faults_name_what_the_client_knows),
        cmocka_unit_test(wanted_entries_are_missed),   cmocka_unit_test(all_faults_are_gathered),
        cmocka_unit_test(texts_are_rewritten),         cmocka_unit_test(later_entries_count_for_a_field),
        cmocka_unit_test(larger_numbers_are_capped),   cmocka_unit_test(wrong_mappings_are_refused),
    };
    return cmocka_run_group_tests_name("edge: take", tests, open_arena, close_arena);
}
