#include <stdlib.h>
#include <string.h>

#include "db/migrate.h"
#include "tests/actor/tests.h"

/* db/pg.c against the real server, as the role of content, with tables of its own. */

enum { PUT, GET, FAIL_CHECK, SLOW, COUNT, TYPES };

static const struct db_query queries[] = {
    {"put", "insert into scratch (id, name) values ($1, $2) returning id, name",
     (const char *const[]){"id", "name", NULL}, false},
    {"get", "select id, name from scratch where id = $1", (const char *const[]){"id", NULL}, false},
    {"fail_check", "insert into scratch (id, name, size) values ($1, 'x', -1)", (const char *const[]){"id", NULL},
     false},
    {"slow", "select pg_sleep(30)", (const char *const[]){NULL}, false},
    {"count", "select count(*) as n from scratch", (const char *const[]){NULL}, false},
    {"types",
     "select $1::bigint as i, $2::float8 as r, $3::boolean as b, $4::text as t, $5::bytea as y, $6::text as nothing,"
     " timestamptz '2026-11-20 08:54:15.25Z' as at",
     (const char *const[]){"i", "r", "b", "t", "y", "nothing", NULL}, false},
};

static struct db *open_db(void) {
    return db_open("content", queries, sizeof queries / sizeof *queries);
}

static int start(void **state) {
    struct db *db = house_db("content");
    assert_int_equal(db_script(db,
                               "create table scratch (id bigint primary key, name text, size integer check (size > 0),"
                               " parent bigint constraint scratch_parent references scratch)"),
                     OK);
    db_close(db);
    *state = open_db();
    return 0;
}

static int stop(void **state) {
    db_close(*state);
    struct db *db = house_db("content");
    db_script(db, "drop table scratch");
    db_close(db);
    return 0;
}

static void parameters_come_from_arguments_then_fields(void **state) {
    struct db *db = *state;
    struct title_change ask = {.id = 11, .has_id = true, .title = "field"};
    /* `name` is no field of the ask: it must be an argument. `id` is both: the argument wins. */
    struct rows *rows =
        db_run(db, PUT, title_change_record(), &ask, ARGS(ARG_TEXT("name", "o'neil; drop table scratch")));
    assert_non_null(rows);
    assert_int_equal(rows_int(rows, 0, "id"), 11);
    assert_string_equal(rows_text(rows, 0, "name"), "o'neil; drop table scratch");
    rows_free(rows);
    rows = db_run(db, PUT, title_change_record(), &ask, ARGS(ARG_INT("id", 12), ARG_TEXT("name", NULL)));
    assert_non_null(rows);
    assert_int_equal(rows_int(rows, 0, "id"), 12);
    assert_true(rows_null(rows, 0, "name"));
    rows_free(rows);
}

static void an_unbound_parameter_is_our_own_mistake(void **state) {
    struct db *db = *state;
    struct title_change ask = {.id = 13, .has_id = true};
    assert_null(db_run(db, PUT, title_change_record(), &ask, NULL));
    assert_int_equal(db_status(db), INTERNAL);
    assert_null(db_run(db, PUT, NULL, NULL, ARGS(ARG_INT("id", 1))));
    assert_int_equal(db_status(db), INTERNAL);
    struct rows *rows = db_run(db, GET, NULL, NULL, ARGS(ARG_INT("id", 13)));
    assert_int_equal(rows_count(rows), 0);
    rows_free(rows);
}

static void all_types_come_back(void **state) {
    struct db *db = *state;
    struct arena *arena = arena_new();
    const uint8_t raw[] = {0, 1, 0xff, '\\', '\''};
    struct rows *rows = db_run(db, TYPES, NULL, NULL,
                               ARGS(ARG_INT("i", INT64_MIN), ARG_REAL("r", 0.1), ARG_BOOL("b", true),
                                    ARG_TEXT("t", "ä\\'"), ARG_BYTES("y", raw, sizeof raw), ARG_TEXT("nothing", NULL)));
    assert_non_null(rows);
    assert_true(rows_int(rows, 0, "i") == INT64_MIN);
    assert_true(rows_real(rows, 0, "r") == 0.1);
    assert_true(rows_bool(rows, 0, "b"));
    assert_string_equal(rows_text(rows, 0, "t"), "ä\\'");
    struct bytes bytes = rows_bytes(rows, 0, "y", arena);
    assert_int_equal(bytes.n, sizeof raw);
    assert_memory_equal(bytes.at, raw, sizeof raw);
    assert_true(rows_null(rows, 0, "nothing"));
    assert_true(rows_null(rows, 0, "no such column"));
    assert_string_equal(rows_text(rows, 1, "t"), "");
    rows_free(rows);
    arena_free(arena);
    assert_int_equal(house_number("select content.ms(timestamptz '2026-11-20 08:54:15.25Z') as value"), 1795164855250);
}

static void failures_have_their_meaning(void **state) {
    struct db *db = *state;
    struct rows *rows = db_run(db, PUT, NULL, NULL, ARGS(ARG_INT("id", 21), ARG_TEXT("name", "a")));
    assert_non_null(rows);
    rows_free(rows);
    assert_null(db_run(db, PUT, NULL, NULL, ARGS(ARG_INT("id", 21), ARG_TEXT("name", "b"))));
    assert_int_equal(db_status(db), CONFLICT);
    assert_string_equal(db_constraint(db), "scratch_pkey");
    assert_null(db_run(db, FAIL_CHECK, NULL, NULL, ARGS(ARG_INT("id", 22))));
    assert_int_equal(db_status(db), INVALID);
    assert_int_equal(db_script(db, "insert into scratch (id, parent) values (23, 999)"), NOT_FOUND);
    assert_string_equal(db_constraint(db), "scratch_parent");
    assert_int_equal(db_script(db, "select * from nowhere"), INTERNAL);
    assert_int_equal(db_script(db, "set statement_timeout = 50"), OK);
    assert_null(db_run(db, SLOW, NULL, NULL, NULL));
    assert_int_equal(db_status(db), DEADLINE);
    assert_int_equal(db_script(db, "set statement_timeout = 15000"), OK);
    assert_int_equal(db_status(db), OK);
}

static int64_t count(struct db *db) {
    struct rows *rows = db_run(db, COUNT, NULL, NULL, NULL);
    assert_non_null(rows);
    int64_t n = rows_int(rows, 0, "n");
    rows_free(rows);
    return n;
}

static void roll_back_and_commit(void **state) {
    struct db *db = *state;
    int64_t before = count(db);
    assert_int_equal(db_begin(db), OK);
    rows_free(db_run(db, PUT, NULL, NULL, ARGS(ARG_INT("id", 31), ARG_TEXT("name", "a"))));
    assert_int_equal(count(db), before + 1);
    db_rollback(db);
    assert_int_equal(count(db), before);
    assert_int_equal(db_begin(db), OK);
    rows_free(db_run(db, PUT, NULL, NULL, ARGS(ARG_INT("id", 31), ARG_TEXT("name", "a"))));
    assert_int_equal(db_commit(db), OK);
    assert_int_equal(count(db), before + 1);
    /* A failed statement spoils its transaction: the commit must not look like one. */
    assert_int_equal(db_begin(db), OK);
    rows_free(db_run(db, PUT, NULL, NULL, ARGS(ARG_INT("id", 32), ARG_TEXT("name", "a"))));
    assert_null(db_run(db, PUT, NULL, NULL, ARGS(ARG_INT("id", 31), ARG_TEXT("name", "a"))));
    assert_int_not_equal(db_commit(db), OK);
    assert_int_equal(count(db), before + 1);
}

static const struct db_query half_broken[] = {{"whole", "select 1 as one", (const char *const[]){NULL}, false},
                                              {"broken", "select * from nowhere", (const char *const[]){NULL}, false}};

static int64_t prepared(struct db *db) {
    struct rows *rows = db_text(db, "select count(*) as n from pg_prepared_statements");
    assert_non_null(rows);
    int64_t n = rows_int(rows, 0, "n");
    rows_free(rows);
    return n;
}

static void a_statement_is_prepared_when_it_first_runs(void **state) {
    (void)state;
    struct db *db = db_open("content", half_broken, 2);
    assert_int_equal(db_connect(db), OK);
    assert_int_equal(prepared(db), 0);
    for (int i = 0; i < 2; i++) {
        struct rows *rows = db_run(db, 0, NULL, NULL, NULL);
        assert_int_equal(rows_int(rows, 0, "one"), 1);
        rows_free(rows);
        assert_int_equal(prepared(db), 1);
    }
    assert_null(db_run(db, 1, NULL, NULL, NULL));
    assert_int_equal(db_status(db), INTERNAL);
    db_close(db);
}

static void a_broken_query_is_found_at_once(void **state) {
    (void)state;
    struct db *db = db_open("content", half_broken, 2);
    assert_int_equal(db_prepare(db), UNAVAILABLE);
    /* It may be mended meanwhile, but is not asked for more often than a server that is away. */
    assert_int_equal(db_connect(db), UNAVAILABLE);
    AWAIT(db_connect(db) == OK);
    db_close(db);
}

/* Without the mark of exactly these statements a service prepares all of its own before it serves. */
static void a_mark_stands_for_the_same_statements_only(void **state) {
    (void)state;
    char good[DB_MARK_BYTES], other[DB_MARK_BYTES];
    const char *kept = house_value("select obj_description('content'::regnamespace, 'pg_namespace') as value");
    struct db *db = db_open("content", half_broken, 2), *first = db_open("content", half_broken, 1);
    db_mark(half_broken, 2, good);
    db_mark(half_broken, 1, other);
    assert_string_not_equal(good, other);
    assert_int_equal(db_check(first), OK);
    assert_int_equal(prepared(first), 1);
    house_sql("comment on schema content is '%s'", other);
    assert_int_equal(db_check(db), UNAVAILABLE);
    house_sql("comment on schema content is '%s'", good);
    AWAIT(db_check(db) == OK);
    assert_int_equal(prepared(db), 0);
    house_sql("comment on schema content is '%s'", kept);
    db_close(first);
    db_close(db);
}

static void a_migration_prepares_all_statements(void **state) {
    static const char mark[] = "select obj_description('mail'::regnamespace, 'pg_namespace') as value";
    (void)state;
    const char *before = house_value(mark);
    assert_int_equal(strlen(before), DB_MARK_BYTES - 1);
    house_sql("alter table mail.letters rename to lost");
    assert_int_equal(db_migrate(), -1);
    assert_string_equal(house_value(mark), "");
    house_sql("alter table mail.lost rename to letters");
    assert_int_equal(db_migrate(), 0);
    assert_string_equal(house_value(mark), before);
}

static void a_changed_table_is_prepared_anew(void **state) {
    struct db *db = *state, *owner = house_db("content");
    const struct db_query all[] = {{"all", "select * from scratch", (const char *const[]){NULL}, false}};
    struct db *reader = db_open("content", all, 1);
    (void)db;
    rows_free(db_run(reader, 0, NULL, NULL, NULL));
    assert_int_equal(db_status(reader), OK);
    assert_int_equal(db_script(owner, "alter table scratch add column more text"), OK);
    assert_null(db_run(reader, 0, NULL, NULL, NULL));
    assert_int_equal(db_status(reader), BUSY);
    struct rows *rows = db_run(reader, 0, NULL, NULL, NULL);
    assert_non_null(rows);
    rows_free(rows);
    db_close(reader);
    db_close(owner);
}

static void a_restarted_server_is_found_again(void **state) {
    struct db *db = *state;
    int64_t before = count(db);
    unsigned generation = db_generation(db);
    assert_int_equal(db_begin(db), OK);
    rows_free(db_run(db, PUT, NULL, NULL, ARGS(ARG_INT("id", 41), ARG_TEXT("name", "a"))));
    house_database_stop();
    /* Inside a transaction nothing may be begun anew behind the handler's back. */
    assert_null(db_run(db, PUT, NULL, NULL, ARGS(ARG_INT("id", 42), ARG_TEXT("name", "a"))));
    assert_int_equal(db_status(db), UNAVAILABLE);
    assert_int_equal(db_commit(db), UNKNOWN_OUTCOME);
    assert_int_equal(db_begin(db), UNAVAILABLE);
    house_database_start();
    AWAIT(db_begin(db) == OK);
    assert_int_equal(count(db), before);
    assert_int_equal(db_commit(db), OK);
    assert_true(db_generation(db) > generation);
    /* The next time nobody notices the loss before the first statement: begin finds the new server by itself. */
    house_database_stop();
    house_database_start();
    assert_int_equal(db_begin(db), OK);
    db_rollback(db);
}

int database_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_come_from_arguments_then_fields),
        cmocka_unit_test(an_unbound_parameter_is_our_own_mistake),
        cmocka_unit_test(all_types_come_back),
        cmocka_unit_test(failures_have_their_meaning),
        cmocka_unit_test(roll_back_and_commit),
        cmocka_unit_test(a_statement_is_prepared_when_it_first_runs),
        cmocka_unit_test(a_broken_query_is_found_at_once),
        cmocka_unit_test(a_mark_stands_for_the_same_statements_only),
        cmocka_unit_test(a_migration_prepares_all_statements),
        cmocka_unit_test(a_changed_table_is_prepared_anew),
        cmocka_unit_test(a_restarted_server_is_found_again),
    };
    return RUN("database", start, stop);
}
