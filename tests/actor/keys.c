#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/actor/tests.h"

/* The keys of access tokens: both algorithms, and the way from one to the other and back. */

static pid_t auth;
static const char SECRET[] = "0f3a9c41be77d2586e10c4b9a83d5f62";

static void begin(const char *more) {
    char settings[600];
    snprintf(settings, sizeof settings, "ZOE_ADMIN_EMAIL=root@example.test ZOE_ADMIN_PASSWORD=correct-horse %s", more);
    auth = house_start("zoe-auth", settings);
    house_await("auth", 1);
}

static void end(void) {
    house_stop(auth);
    house_await("auth", 0);
}

static int start(void **state) {
    (void)state;
    begin("");
    return 0;
}

static int stop(void **state) {
    (void)state;
    end();
    /* The groups after this one find the keys of the settings. */
    begin("");
    end();
    return 0;
}

static const struct public_key *newest(size_t *count) {
    static struct public_key key;
    const struct keys_reply *reply = ask_ok(MSG_auth_keys, nobody, NULL);
    assert_true(reply->keys.n > 0);
    key = LIST_AT(reply->keys, struct public_key, 0);
    if (count)
        *count = reply->keys.n;
    return &key;
}

static size_t shown(void) {
    const struct jwks *jwks = ask_ok(MSG_auth_jwks, nobody, NULL);
    for (size_t i = 0; i < jwks->keys.n; i++)
        assert_string_equal(LIST_AT(jwks->keys, struct jwk, i).alg, "ES256");
    return jwks->keys.n;
}

/* Whether the header of a fresh access token begins like this: {"alg":"HS256" or {"alg":"ES256", in base64url. */
static bool signs(const char *algorithm) {
    const struct session *session =
        ask_ok(MSG_auth_login, nobody,
               &(struct login_ask){.email = "root@example.test", .password = "correct-horse", .dialect = "v1"});
    return !strncmp(session->access_token, !strcmp(algorithm, "HS256") ? "eyJhbGciOiJIUzI1Ni" : "eyJhbGciOiJFUzI1Ni",
                    18);
}

static void a_secret_takes_over(void **state) {
    (void)state;
    char kid[65];
    size_t before, after, visible = shown();
    assert_string_equal(newest(&before)->alg, "ES256");
    assert_true(signs("ES256"));
    end();
    begin("ZOE_TOKEN_ALGORITHM=HS256");
    const struct public_key *key = newest(&after);
    assert_string_equal(key->alg, "HS256");
    assert_null(key->pem);
    assert_int_equal(key->secret.n, 32);
    snprintf(kid, sizeof kid, "%s", key->kid);
    /* The old key stays with the edges, and nobody is shown the secret. */
    assert_int_equal(after, before + 1);
    assert_int_equal(shown(), visible);
    /* Edges get the new one before the first token is signed with it. */
    assert_true(signs("ES256"));
    AWAIT(signs("HS256"));
    /* The next start goes on with it. */
    end();
    begin("ZOE_TOKEN_ALGORITHM=HS256");
    assert_string_equal(newest(&after)->kid, kid);
    assert_int_equal(after, before + 1);
    const struct public_key *fresh = ask_ok(MSG_auth_keys_rotate, admin, NULL);
    assert_string_equal(fresh->alg, "HS256");
    assert_null(fresh->pem);
    assert_int_equal(fresh->secret.n, 0);
    assert_string_not_equal(fresh->kid, kid);
    end();
    begin("");
    assert_string_equal(newest(NULL)->alg, "ES256");
    assert_int_equal(shown(), visible + 1);
}

static void a_secret_of_the_settings(void **state) {
    (void)state;
    char settings[200], kid[65];
    snprintf(settings, sizeof settings, "ZOE_TOKEN_ALGORITHM=HS256 ZOE_TOKEN_SECRET=%s", SECRET);
    end();
    begin(settings);
    const struct public_key *key = newest(NULL);
    assert_int_equal(key->secret.n, strlen(SECRET));
    assert_memory_equal(key->secret.at, SECRET, strlen(SECRET));
    snprintf(kid, sizeof kid, "%s", key->kid);
    expect_code(ask(MSG_auth_keys_rotate, admin, NULL), CONFLICT, "secret-configured");
    end();
    begin("");
    assert_string_equal(newest(NULL)->alg, "ES256");
    end();
    /* It comes back under its name. */
    begin(settings);
    assert_string_equal(newest(NULL)->kid, kid);
    assert_int_equal(house_number("select count(*) as value from auth.signing_keys where retired_at is null"), 1);
}

static void a_weak_secret_is_refused(void **state) {
    (void)state;
    static const char *const weak[] = {"short", "12345678901234567890123456789012", "012345678901234567890123456789XY",
                                       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof weak / sizeof *weak; i++) {
        char settings[200];
        snprintf(settings, sizeof settings, "ZOE_TOKEN_ALGORITHM=HS256 ZOE_TOKEN_SECRET=%s", weak[i]);
        assert_int_equal(house_wait(house_start("zoe-auth", settings)), 78);
    }
}

int keys_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_takes_over),
        cmocka_unit_test(a_secret_of_the_settings),
        cmocka_unit_test(a_weak_secret_is_refused),
    };
    return RUN("keys", start, stop);
}
