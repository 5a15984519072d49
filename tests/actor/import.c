#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/actor/tests.h"

/* Accounts of other systems: brought along with their hashes, which the first login replaces. */

static pid_t auth;

static int start(void **state) {
    (void)state;
    auth =
        house_start("zoe-auth", "ZOE_ADMIN_EMAIL=root@example.test ZOE_ADMIN_PASSWORD=correct-horse ZOE_BCRYPT_COST=7");
    house_await("auth", 1);
    return 0;
}

static int stop(void **state) {
    (void)state;
    house_stop(auth);
    house_await("auth", 0);
    house_sql("delete from auth.outbox");
    house_sql("delete from auth.accounts where email like '%%@brought.test'");
    return 0;
}

static const char password[] = "correct horse 1";
static const char django[] = "pbkdf2_sha256$1000$seasalt2$HB1mQsNY0FohFVJ4PQB+URbunwOBoAjchPtiHeIuYqE=";
static const char werkzeug[] =
    "pbkdf2:sha256:2000$D6nzvfgCfkamQ663$70e7b15cd4067cb45baa26cd13a60b8f99d53d1e4b2e015b9bab981470"
    "3473c8";
static const char scrypt[] =
    "scrypt:1024:8:1$zPoW2Eh8Zz9ZWVnb$e9416edc4fab277ba46127f71b25a1ce5ac58faf1d4a20cb90189b8f4c3c"
    "6a3063c71592dc9eaeaeb978d177035ce43e0a68263cfc0d296e69f17d288ef54517";
static const char bcrypt_y[] = "$2y$06$abcdefghijklmnopqrstuuw1oUcbqlBRii/5ylE8CRE/KMqasSX3i";

static const struct import_reply *bring(struct import_row *rows, size_t n, bool dry) {
    const struct import_reply *reply =
        ask_ok(MSG_auth_import, admin, &(struct import_ask){.rows = {rows, n}, .dry = dry, .has_dry = true});
    assert_int_equal(reply->fates.n, n);
    return reply;
}

static const char *fate(const struct import_reply *reply, size_t i) {
    return LIST_AT(reply->fates, struct import_fate, i).fate;
}

static enum status login(const char *email, const char *with) {
    return ask(MSG_auth_login, nobody, &(struct login_ask){.email = email, .password = with, .dialect = "v1"}).status;
}

static int64_t kept(const char *pattern) {
    return house_number("select count(*) as value from auth.accounts where email like '%%@brought.test' and "
                        "password like '%s'",
                        pattern);
}

static void hashes_are_replaced_at_the_first_login(void **state) {
    (void)state;
    struct import_row rows[] = {
        {.email = "Django@brought.test", .name = "D", .password_hash = django, .verified = true, .has_verified = true},
        {.email = "werkzeug@brought.test", .password_hash = werkzeug},
        {.email = "scrypt@brought.test", .password_hash = scrypt, .admin = true, .has_admin = true},
        {.email = "bcrypt@brought.test",
         .password_hash = bcrypt_y,
         .created_at = 1500000000000,
         .has_created_at = true},
    };
    expect_code(ask(MSG_auth_import, viewer, &(struct import_ask){.rows = {rows, 4}}), FORBIDDEN, "forbidden");
    const struct import_reply *reply = bring(rows, 4, true);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(fate(reply, i), "added");
    assert_int_equal(kept("%%"), 0);
    reply = bring(rows, 4, false);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(fate(reply, i), "added");
    assert_int_equal(kept("$2b$%%"), 0);
    reply = bring(rows, 4, false);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(fate(reply, i), "known");
    assert_int_equal(
        house_number("select count(*) as value from auth.audit where action = 'import' and detail = '4 accounts'"), 1);
    static const char *const emails[] = {"django@brought.test", "werkzeug@brought.test", "scrypt@brought.test",
                                         "bcrypt@brought.test"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(login(emails[i], "another password"), UNAUTHENTICATED);
        assert_int_equal(kept("$2b$%%"), (int64_t)i);
        assert_int_equal(login(emails[i], password), OK);
        assert_int_equal(kept("$2b$%%"), (int64_t)i + 1);
        assert_int_equal(login(emails[i], password), OK);
        assert_int_equal(login(emails[i], "another password"), UNAUTHENTICATED);
    }
    assert_string_equal(house_value("select name as value from auth.accounts where email = 'django@brought.test'"),
                        "D");
    assert_string_equal(house_value("select name as value from auth.accounts where email = 'werkzeug@brought.test'"),
                        "werkzeug");
    assert_int_equal(house_number("select count(*) as value from auth.accounts where email like '%%@brought.test' and "
                                  "verified_at is not null"),
                     1);
    assert_int_equal(house_number("select roles as value from auth.accounts where email = 'scrypt@brought.test'"), 3);
    assert_int_equal(house_number("select extract(epoch from created_at)::bigint as value from auth.accounts where "
                                  "email = 'bcrypt@brought.test'"),
                     1500000000);
}

static void bad_rows_stay_out(void **state) {
    (void)state;
    char name[200];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = 0;
    struct import_row rows[] = {
        {.email = "no address", .password_hash = django},
        {.email = "plain@brought.test", .password_hash = "secret"},
        {.email = "none@brought.test"},
        {.email = "costly@brought.test", .password_hash = "scrypt:1048576:8:1$a$00"},
        {.email = "name@brought.test", .password_hash = django, .name = name},
        {.email = "twice@brought.test", .password_hash = django},
        {.email = "TWICE@brought.test", .password_hash = werkzeug},
        {.email = "", .password_hash = django},
        {.email = "quote'\"@brought.test", .password_hash = django},
        {.email = "fine@brought.test", .password_hash = django, .name = "O'Neill \"\\ \xe2\x82\xac"},
        {.email = "early@brought.test", .password_hash = django, .created_at = 4102444800000, .has_created_at = true},
    };
    static const char *const wanted[] = {"refused", "refused", "refused", "refused", "refused", "added",
                                         "known",   "refused", "refused", "added",   "added"};
    const struct import_reply *reply = bring(rows, 11, false);
    for (size_t i = 0; i < 11; i++) {
        const struct import_fate *fate = &LIST_AT(reply->fates, struct import_fate, i);
        if (strcmp(fate->fate, wanted[i]) != 0)
            fail_msg("%s: %s", rows[i].email, fate->fate);
        assert_true(!strcmp(fate->fate, "refused") == (fate->reason != NULL));
    }
    assert_string_equal(house_value("select name as value from auth.accounts where email = 'fine@brought.test'"),
                        "O'Neill \"\\ \xe2\x82\xac");
    assert_string_equal(
        house_value("select left(password, 6) as value from auth.accounts where email = 'twice@brought.test'"),
        "pbkdf2");
    assert_int_equal(house_number("select count(*) as value from auth.accounts where created_at > now()"), 0);
    /* No login of another account is touched by it, and one more is never made. */
    assert_int_equal(login("root@example.test", "correct-horse"), OK);
    reply = bring(rows, 0, false);
    assert_int_equal(reply->fates.n, 0);
}

/* A password that is longer than bcrypt takes stays with the hash that can check it. */
static void long_passwords_keep_their_hash(void **state) {
    (void)state;
    static const char long_one[] = "012345678901234567890123456789012345678901234567890123456789"
                                   "012345678901234567890123456789";
    struct import_row row = {
        .email = "long@brought.test",
        .password_hash = "pbkdf2:sha256:1000$salt$bb71d4c1f103bce619731e9f6218ac712b211d2547c6ca3d924837ff1c614cd3"};
    bring(&row, 1, false);
    assert_int_equal(login("long@brought.test", long_one), OK);
    assert_int_equal(login("long@brought.test", long_one), OK);
    assert_int_equal(kept("pbkdf2:sha256:1000$salt%%"), 1);
    char other[sizeof long_one];
    strcpy(other, long_one);
    other[80] = 'x';
    assert_int_equal(login("long@brought.test", other), UNAUTHENTICATED);
}

int import_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_replaced_at_the_first_login),
        cmocka_unit_test(bad_rows_stay_out),
        cmocka_unit_test(long_passwords_keep_their_hash),
    };
    return RUN("import", start, stop);
}
