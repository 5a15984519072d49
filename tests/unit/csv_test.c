#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/zoectl/csv.h"
#include "tests/unit/unit.h"

/* Reads a text; rows are written as line[field|field], broken ones as line!. */
static const char *read_all(const char *text, size_t n) {
    static char said[4000];
    size_t at = 0;
    struct csv_row row;
    enum csv_got got;
    FILE *file = fmemopen((void *)text, n, "r");
    struct csv *csv = csv_open(file);
    assert_non_null(csv);
    *said = 0;
    while ((got = csv_read(csv, &row)) == CSV_ROW || got == CSV_BROKEN) {
        at += (size_t)snprintf(said + at, sizeof said - at, "%zu%s", row.line, got == CSV_ROW ? "[" : "!");
        for (size_t i = 0; got == CSV_ROW && i < row.count; i++)
            at += (size_t)snprintf(said + at, sizeof said - at, "%s%s", i ? "|" : "", row.fields[i]);
        at += (size_t)snprintf(said + at, sizeof said - at, "%s", got == CSV_ROW ? "]" : "");
        assert_true(got == CSV_ROW || row.why);
    }
    assert_int_equal(got, CSV_END);
    csv_close(csv);
    fclose(file);
    return said;
}

#define expect(text, wanted) assert_string_equal(read_all(text, sizeof(text) - 1), wanted)

static void rows_are_read(void **state) {
    (void)state;
    expect("a,b\n1,2\n", "1[a|b]2[1|2]");
    expect("a,b\r\n1,2", "1[a|b]2[1|2]");
    expect("\xef\xbb\xbf"
           "a;b;c\n1;2,5;3\n",
           "1[a|b|c]2[1|2,5|3]");
    expect("a\tb\nx y\t\n", "1[a|b]2[x y|]");
    expect("a,b\n\n\r\n1,2\n", "1[a|b]4[1|2]");
    expect("a,b\n,\n", "1[a|b]2[|]");
    expect("a\n\"x,\"\"y\"\"\nz\"\nlast\n", "1[a]2[x,\"y\"\nz]4[last]");
    expect("\"a\",\"b\"\r\n\"\",\"1\"", "1[a|b]2[|1]");
    expect("a,b\nx\"y,\"z\"\n", "1[a|b]2[x\"y|z]");
    expect("a\rb,c\n", "1[a\rb|c]");
    expect("a", "1[a]");
}

static void broken_rows_are_told(void **state) {
    (void)state;
    expect("a,b\n\"x\"y,2\n3,4\n", "1[a|b]2!3[3|4]");
    expect("a,b\n1,\"2\n3,4\n", "1[a|b]2!");
    expect("a,b\n1,2\0,3\n4,5\n", "1[a|b]2!3[4|5]");
    expect("a,b\n\"1\0\",3\n4,5\n", "1[a|b]2!3[4|5]");
    char *wide = malloc(CSV_FIELDS_MAX * 2 + 10);
    assert_non_null(wide);
    memset(wide, ',', CSV_FIELDS_MAX + 5);
    strcpy(wide + CSV_FIELDS_MAX + 5, "\nx\n");
    assert_string_equal(read_all(wide, strlen(wide)), "1!2[x]");
    free(wide);
}

/* Whatever the bytes: it ends, and reads no further than it may. */
static void noise_is_survived(void **state) {
    (void)state;
    static const char letters[] = "a,;\t\"\"\r\n\n\0\xff";
    unsigned seed = 7;
    char text[200];
    for (int i = 0; i < 20000; i++) {
        size_t n = 1 + (seed = seed * 1103515245 + 12345) / 65536 % (sizeof text - 1);
        for (size_t k = 0; k < n; k++)
            text[k] = letters[(seed = seed * 1103515245 + 12345) / 65536 % (sizeof letters - 1)];
        FILE *file = fmemopen(text, n, "r");
        struct csv *csv = csv_open(file);
        struct csv_row row;
        size_t rows = 0;
        enum csv_got got;
        while ((got = csv_read(csv, &row)) != CSV_END) {
            assert_int_not_equal(got, CSV_FAILED);
            for (size_t f = 0; got == CSV_ROW && f < row.count; f++)
                assert_true(strlen(row.fields[f]) <= n);
            assert_true(++rows <= n);
        }
        csv_close(csv);
        fclose(file);
    }
}

int csv_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read),
        cmocka_unit_test(broken_rows_are_told),
        cmocka_unit_test(noise_is_survived),
    };
    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
