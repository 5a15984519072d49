#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/wire/codec.h"
#include "protocol/wire/json.h"
#include "tests/unit/unit.h"

/* Public conformance suites, when they lie beside the checkout. */

static const char *corpus(const char *below) {
    static char path[1000];
    const char *root = getenv("ZOE_CORPUS");
    snprintf(path, sizeof path, "%s/E_vectors/%s", root && *root ? root : "../shared/corpus", below);
    return path;
}

static char *read_whole(const char *path, size_t *n) {
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc(1 << 20) : NULL;
    *n = text ? fread(text, 1, 1 << 20, file) : 0;
    if (file)
        fclose(file);
    return text;
}

static size_t unhex(const char *text, char *to) {
    size_t n = 0;
    for (; *text; text += text[2] ? 3 : 2)
        to[n++] = (char)strtol((char[]){text[0], text[1], 0}, NULL, 16);
    return n;
}

/* The value as field 1 of a record that takes its kind; whether it was taken. */
static bool takes(const struct record *record, char key, const char *value, size_t n, char prefix[8],
                  size_t prefix_bytes) {
    char body[70000];
    struct arena *arena = arena_new();
    struct fault fault;
    memcpy(body, prefix, prefix_bytes);
    body[prefix_bytes] = key;
    memcpy(body + prefix_bytes + 1, value, n);
    bool taken = body_decode(record, body, prefix_bytes + 1 + n, arena, &fault);
    arena_free(arena);
    return taken;
}

static void every_msgpack_encoding_is_read(void **state) {
    (void)state;
    size_t n, seen = 0;
    struct fault fault;
    char *text = read_whole(corpus("msgpack/msgpack-test-suite.json"), &n);
    if (!text)
        skip();
    json_t *suite = json_parse(text, n, &fault), *group, *entry, *encoding;
    const char *name;
    size_t i, k;
    assert_non_null(suite);
    json_object_foreach(suite, name, group) {
        json_array_foreach(group, i, entry) {
            json_array_foreach(json_object_get(entry, "msgpack"), k, encoding) {
                char bytes[70000];
                size_t length = unhex(json_string_value(encoding), bytes);
                json_t *number = json_object_get(entry, "number");
                json_t *string = json_object_get(entry, "string");
                double value = json_number_value(number);
                if (number && value >= 0 && value <= 1e7) {
                    assert_true(takes(progress_ask_record(), 2, bytes, length, (char[8]){'\x82', 1, 1}, 3));
                    seen++;
                } else if (string) {
                    size_t wide = json_string_length(string);
                    assert_int_equal(takes(title_new_record(), 1, bytes, length, (char[8]){'\x81'}, 1),
                                     wide > 0 && wide <= 200);
                    seen++;
                } else {
                    /* Any other value under a key nobody knows is stepped over. */
                    bool deep = strstr(name, "map") || strstr(name, "array");
                    assert_true(takes(by_id_record(), 99, bytes, length, (char[8]){'\x82', 1, 5}, 3) || deep);
                    seen++;
                }
            }
        }
    }
    assert_true(seen > 100);
    json_decref(suite);
    free(text);
}

static void json_test_suite_is_obeyed(void **state) {
    (void)state;
    size_t seen = 0;
    DIR *folder = opendir(corpus("json/JSONTestSuite/test_parsing"));
    if (!folder)
        skip();
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[2000];
        size_t n;
        struct fault fault;
        if (!strstr(entry->d_name, ".json"))
            continue;
        snprintf(path, sizeof path, "%s/%s", corpus("json/JSONTestSuite/test_parsing"), entry->d_name);
        char *text = read_whole(path, &n);
        json_t *json = json_parse(text, n, &fault);
        /* Refused on purpose: a key that stands twice, and a NUL in a key, which no name of ours has. */
        bool ours = strstr(entry->d_name, "duplicated_key") || strstr(entry->d_name, "null_in_key");
        if (entry->d_name[0] == 'y' && !json && !ours)
            fail_msg("%s was refused: %s", entry->d_name, fault.why);
        if (entry->d_name[0] == 'n' && json)
            fail_msg("%s was taken", entry->d_name);
        json_decref(json);
        free(text);
        seen++;
    }
    closedir(folder);
    assert_true(seen > 300);
}

int vector_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_msgpack_encoding_is_read),
        cmocka_unit_test(json_test_suite_is_obeyed),
    };
    return cmocka_run_group_tests_name("vectors", tests, NULL, NULL);
}
