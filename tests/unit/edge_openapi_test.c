#include <string.h>

#include "http_edge/dialects.h"
#include "http_edge/openapi.h"
#include "http_edge/openapi_parts.h"
#include "http_edge/refusal.h"
#include "tests/unit/edge_test.h"
#include "tests/unit/unit.h"

static int compile(void **state) {
    (void)state;
    char why[300] = "";
    return route_count()
               ? 0
               : route_compile(dialects_all(), "v1,veeplay,videoapp,videoflix_hls,videoflix_s3,streamify", why);
}

static void shape_is(const char *shape, const struct record *record, const char *expected) {
    json_t *schemas = json_object(), *schema = schema_shape(schemas, record, shape);
    json_t *wanted = json_loads(expected, 0, NULL);
    char *text = json_dumps(schema, JSON_COMPACT);
    assert_non_null(wanted);
    if (!json_equal(schema, wanted))
        print_error("%s\n%s\n%s\n", shape, text, expected);
    assert_true(json_equal(schema, wanted));
    free(text);
    json_decref(wanted);
    json_decref(schema);
    json_decref(schemas);
}

static void shapes_become_schemas(void **state) {
    (void)state;
    shape_is("{\"message\":\"Done\"}", nothing_record(),
             "{\"type\":\"object\",\"properties\":{\"message\":{\"type\":\"string\",\"const\":\"Done\"}},"
             "\"required\":[\"message\"]}");
    shape_is("{\"ok\": true, \"n\":5, \"x\":null}", nothing_record(),
             "{\"type\":\"object\",\"properties\":{\"ok\":{\"type\":\"boolean\",\"const\":true},"
             "\"n\":{\"type\":\"integer\",\"const\":5},\"x\":{\"type\":\"null\"}},\"required\":[\"ok\",\"n\",\"x\"]}");
    shape_is("{\"$name\":[\"Missing.\"]}", refusal_record(),
             "{\"type\":\"object\",\"properties\":{},\"required\":[],\"additionalProperties\":{\"type\":\"array\","
             "\"items\":{\"type\":\"string\",\"const\":\"Missing.\"}}}");
    shape_is("\"a $id b\"", by_id_record(), "{\"type\":\"string\"}");
    shape_is("@hex$id", by_id_record(),
             "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{24}$\",\"description\":\"Number of the thing.\"}");
    shape_is("$retry_after|0", refusal_record(),
             "{\"anyOf\":[{\"type\":\"integer\",\"format\":\"int64\"},{\"type\":\"integer\",\"const\":0}]}");
    shape_is("$retry_after", refusal_record(), "{\"type\":[\"integer\",\"null\"],\"format\":\"int64\"}");
    shape_is("$detail", refusal_record(), "{\"type\":\"string\"}");
    shape_is("@user", nothing_record(), "{\"type\":[\"integer\",\"null\"]}");
    shape_is("@query.q", nothing_record(), "{\"type\":\"string\"}");
    shape_is("[$rows{\"n\":@count$items}]", home_page_record(),
             "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\","
             "\"description\":\"Titles.\"}},\"required\":[\"n\"]}}");
}

/* Nothing that is not well formed makes the reader run away. */
static void broken_shapes_end(void **state) {
    (void)state;
    static const char *const texts[] = {"",    "{", "[", "{\"a", "{\"a\":", "[}",   "[,",
                                        "{,}", "@", "$", "\"",   "[$",      "@hex$"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *schemas = json_object();
        json_decref(schema_shape(schemas, by_id_record(), texts[i]));
        json_decref(schemas);
    }
}

/* A native's row cannot show what it answers: it must say so. */
static void natives_say_what_they_do(void **state) {
    (void)state;
    for (unsigned i = 0; i < route_count(); i++) {
        const struct route_row *row = route_at(i)->row;
        bool known = !row->native || row->message || (row->says && row->says->about && row->says->tag);
        if (!known)
            print_error("%s %s: a NATIVE without a message needs .says = SAYS(.about = ..., .tag = ...)\n",
                        method_name(row->method), route_at(i)->path);
        assert_true(known);
    }
}

static void every_route_is_described(void **state) {
    (void)state;
    for (unsigned i = 0; i < route_count(); i++) {
        if (i && route_at(i)->dialect == route_at(i - 1)->dialect)
            continue;
        const char *name = route_at(i)->dialect->row->name;
        json_t *document = openapi_describe(name), *path;
        size_t described = 0, routes = 0;
        const char *key;
        assert_non_null(document);
        json_object_foreach(json_object_get(document, "paths"), key, path) {
            described += json_object_size(path);
        }
        for (unsigned k = 0; k < route_count(); k++)
            routes += route_at(k)->dialect == route_at(i)->dialect;
        assert_int_equal(described, routes);
        json_decref(document);
    }
    assert_null(openapi_describe("nothing"));
}

int edge_openapi_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_become_schemas),
        cmocka_unit_test(broken_shapes_end),
        cmocka_unit_test(natives_say_what_they_do),
        cmocka_unit_test(every_route_is_described),
    };
    return cmocka_run_group_tests_name("edge: descriptions", tests, compile, NULL);
}
