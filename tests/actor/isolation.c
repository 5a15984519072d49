#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "tests/actor/tests.h"

/* Each service's role, with its own password, tries everything that belongs to others. */

static const char *const services[] = {"auth", "content", "history", "mail", "transcode"};
enum { SERVICES = sizeof services / sizeof *services };

static PGconn *connect_as(const char *name, const char *password) {
    char address[300], secret[65];
    assert_int_equal(db_secret(name, false, secret), 0);
    snprintf(address, sizeof address, "host=%s/pg/run dbname=zoetrope user=zoe_%s password=%s", house_data(), name,
             password ? password : secret);
    return PQconnectdb(address);
}

/* The SQLSTATE of a failure, "" when it worked. Rolled back either way. */
static const char *try(PGconn *conn, const char *sql) {
    static char state[6];
    PQclear(PQexec(conn, "begin"));
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    snprintf(state, sizeof state, "%s",
             status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ? ""
             : code                                                  ? code
                                                                     : "?");
    PQclear(result);
    PQclear(PQexec(conn, "rollback"));
    return state;
}

static void must_be_denied(PGconn *conn, const char *role, const char *sql) {
    const char *state = try(conn, sql);
    /* 42501: insufficient_privilege. Anything else would be another reason. */
    if (strcmp(state, "42501") != 0)
        fail_msg("%s: %s: \"%s\"", role, sql, state);
}

/* Relations and functions outside the system's schemas, by the schema they are in. */
static PGresult *relations(PGconn *owner) {
    PGresult *result = PQexec(
        owner,
        "select n.nspname, c.relname, a.attname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " join lateral (select attname from pg_attribute where attrelid = c.oid and attnum > 0 order by attnum"
        " limit 1) a on true where n.nspname !~ '^pg_|^information_schema$' and c.relkind in ('r', 'v', 'p', 'm')");
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    assert_true(PQntuples(result) > 20);
    return result;
}

static PGconn *connect_owner(void) {
    char address[200];
    snprintf(address, sizeof address, "host=%s/pg/run dbname=zoetrope user=zoetrope", house_data());
    PGconn *owner = PQconnectdb(address);
    assert_int_equal(PQstatus(owner), CONNECTION_OK);
    return owner;
}

static void no_role_touches_anothers_tables(void **state) {
    (void)state;
    PGconn *owner = connect_owner();
    PGresult *tables = relations(owner);
    int denied = 0, allowed = 0;
    for (int s = 0; s < SERVICES; s++) {
        PGconn *conn = connect_as(services[s], NULL);
        assert_int_equal(PQstatus(conn), CONNECTION_OK);
        for (int i = 0; i < PQntuples(tables); i++) {
            const char *schema = PQgetvalue(tables, i, 0), *table = PQgetvalue(tables, i, 1);
            static const char *const forms[] = {"select * from %s.%s limit 1",
                                                "select count(*) from %s.%s",
                                                "insert into %s.%s default values",
                                                "delete from %s.%s",
                                                "truncate %s.%s",
                                                "lock table %s.%s in access share mode",
                                                "alter table %s.%s add x int",
                                                "copy %s.%s to stdout",
                                                "drop table %s.%s",
                                                "create index on %s.%s ((1))",
                                                "grant all on %s.%s to public"};
            char sql[400];
            if (!strcmp(schema, services[s])) {
                snprintf(sql, sizeof sql, forms[0], schema, table);
                assert_string_equal(try(conn, sql), "");
                allowed++;
                continue;
            }
            for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
                snprintf(sql, sizeof sql, forms[f], schema, table);
                must_be_denied(conn, services[s], sql);
                denied++;
            }
            snprintf(sql, sizeof sql, "update %s.%s set %s = null", schema, table, PQgetvalue(tables, i, 2));
            must_be_denied(conn, services[s], sql);
        }
        PQfinish(conn);
    }
    PQclear(tables);
    PQfinish(owner);
    /* The test must have tried something in both directions. */
    assert_true(denied > 500);
    assert_true(allowed > 20);
}

static void password_hashes_are_out_of_reach(void **state) {
    (void)state;
    for (int s = 0; s < SERVICES; s++) {
        if (!strcmp(services[s], "auth"))
            continue;
        PGconn *conn = connect_as(services[s], NULL);
        must_be_denied(conn, services[s], "select password from auth.accounts");
        must_be_denied(conn, services[s], "select private_pem from auth.signing_keys");
        must_be_denied(conn, services[s], "select refresh from auth.sessions");
        must_be_denied(conn, services[s], "select value from auth.secrets");
        must_be_denied(conn, services[s], "select rolpassword from pg_authid");
        must_be_denied(conn, services[s], "set role zoe_auth");
        must_be_denied(conn, services[s], "set session authorization zoe_auth");
        must_be_denied(conn, services[s], "select auth.ms(now())");
        PQfinish(conn);
    }
    PGconn *conn = connect_as("auth", NULL);
    assert_string_equal(try(conn, "select password from auth.accounts"), "");
    PQfinish(conn);
}

static void no_role_reaches_beyond_its_schema(void **state) {
    (void)state;
    static const char *const tries[] = {
        "create schema mine",
        "create table public.mine (x int)",
        "create role mine",
        "alter role zoetrope password 'x'",
        "create extension dblink",
        "select pg_read_file('/etc/passwd')",
        "select pg_ls_dir('/')",
        "copy (select 1) to program 'true'",
        "copy (select 1) to '/tmp/zoe-test-copy'",
        "select lo_import('/etc/passwd')",
    };
    for (int s = 0; s < SERVICES; s++) {
        PGconn *conn = connect_as(services[s], NULL);
        for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
            must_be_denied(conn, services[s], tries[i]);
        PGresult *result =
            PQexec(conn, "select rolsuper or rolcreatedb or rolcreaterole or rolbypassrls or rolreplication"
                         " from pg_roles where rolname = current_user");
        assert_string_equal(PQgetvalue(result, 0, 0), "f");
        PQclear(result);
        PQfinish(conn);
    }
}

static void a_role_needs_its_own_password(void **state) {
    (void)state;
    char other[65];
    assert_int_equal(db_secret("mail", false, other), 0);
    for (int s = 0; s < SERVICES; s++) {
        if (!strcmp(services[s], "mail"))
            continue;
        PGconn *conn = connect_as(services[s], other);
        assert_int_equal(PQstatus(conn), CONNECTION_BAD);
        PQfinish(conn);
    }
}

int isolation_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_role_touches_anothers_tables),
        cmocka_unit_test(password_hashes_are_out_of_reach),
        cmocka_unit_test(no_role_reaches_beyond_its_schema),
        cmocka_unit_test(a_role_needs_its_own_password),
    };
    return RUN("isolation", NULL, NULL);
}
