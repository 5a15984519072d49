#include <stdlib.h>
#include <string.h>

#include "http_edge/take.h"
#include "tests/unit/edge_test.h"
#include "tests/unit/unit.h"

static struct arena *arena;
static struct fault fault;
static bool missing;

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
    if (from == TAKE_HERE && !strcmp(name, "session"))
        return "9";
    return NULL;
}

static void *took(const struct record *record, const char *mapping, const char *body) {
    char why[200];
    struct take *take = take_new(record, mapping, why);
    assert_non_null(take);
    json_t *json = body ? json_loads(body, 0, NULL) : NULL;
    struct take_source source = {.json = json, .text = text_of};
    fault = (struct fault){0};
    void *value = take_run(take, &source, arena, &fault, &missing);
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
    assert_string_equal(fault.field, pointer);
    assert_true(*fault.why);
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
    assert_true(missing);
    assert_non_null(took(logout_ask_record(), "refresh_token=cookie:r dialect='d'", NULL));
    assert_false(missing);
}

static void wrong_mappings_are_refused(void **state) {
    (void)state;
    char why[200];
    assert_null(take_new(by_id_record(), "nothing={id}", why));
    assert_null(take_new(by_id_record(), "id=", why));
    assert_null(take_new(by_id_record(), "id=[id]", why));
    assert_null(take_new(by_id_record(), "id", why));
}

int edge_take_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_come_from_everywhere),
        cmocka_unit_test(faults_name_what_the_client_knows),
        cmocka_unit_test(wanted_entries_are_missed),
        cmocka_unit_test(wrong_mappings_are_refused),
    };
    return cmocka_run_group_tests_name("edge: take", tests, open_arena, close_arena);
}
