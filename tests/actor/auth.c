#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/actor/tests.h"

/* Each message of auth through the broker. The letters are read from auth's outbox: nobody plays mail here. */

static pid_t auth;

static int start(void **state) {
    (void)state;
    auth = house_start(
        "zoe-auth", "ZOE_ADMIN_EMAIL=root@example.test ZOE_ADMIN_PASSWORD=correct-horse ZOE_REFRESH_GRACE_SECONDS=1");
    house_await("auth", 1);
    return 0;
}

static int stop(void **state) {
    (void)state;
    house_stop(auth);
    house_await("auth", 0);
    return 0;
}

static struct answer enrol(const char *email, const char *password, const char *dialect) {
    return ask(MSG_auth_register, nobody,
               &(struct register_ask){.email = email, .password = password, .dialect = dialect});
}

static struct answer login(const char *email, const char *password, const char *dialect) {
    return ask(MSG_auth_login, nobody, &(struct login_ask){.email = email, .password = password, .dialect = dialect});
}

static struct answer refresh(const char *token, const char *dialect) {
    return ask(MSG_auth_refresh, nobody, &(struct refresh_ask){.refresh_token = token, .dialect = dialect});
}

static void the_first_administrator(void **state) {
    (void)state;
    const struct session *session = login("Root@Example.test", "correct-horse", "v1").reply;
    assert_non_null(session);
    assert_string_equal(session->account->email, "root@example.test");
    assert_int_equal(session->account->roles.n, 2);
    assert_string_equal(LIST_AT(session->account->roles, const char *, 1), "admin");
    assert_string_equal(session->token_type, "Bearer");
    assert_int_equal(session->expires_in, 900);
    assert_true(session->account->verified);
    /* A second start with another password makes no second one and changes nothing. */
    house_stop(auth);
    auth = house_start("zoe-auth",
                       "ZOE_ADMIN_EMAIL=other@example.test ZOE_ADMIN_PASSWORD=another ZOE_REFRESH_GRACE_SECONDS=1");
    house_await("auth", 1);
    assert_int_equal(house_number("select count(*) as value from auth.accounts where roles & 2 <> 0"), 1);
    expect_status(login("other@example.test", "another", "v1"), UNAUTHENTICATED);
}

static void register_and_activate(void **state) {
    (void)state;
    const struct account_reply *reply = enrol("Ann@Example.test", "password-1", "v1").reply;
    assert_non_null(reply);
    assert_string_equal(reply->account->email, "ann@example.test");
    assert_string_equal(reply->account->name, "Ann");
    assert_false(reply->account->verified);
    assert_int_equal(reply->account->roles.n, 1);
    char token[128];
    snprintf(token, sizeof token, "%s", newest_letter(0, NULL).token);
    /* The value in the answer opens nothing. */
    expect_code(ask(MSG_auth_activate, nobody, &(struct activate_ask){.token = reply->opaque}), INVALID,
                "token-refused");
    reply = ask_ok(MSG_auth_activate, nobody, &(struct activate_ask){.token = token});
    assert_true(reply->account->verified);
    expect_code(ask(MSG_auth_activate, nobody, &(struct activate_ask){.token = token}), INVALID, "already-active");
    expect_field(ask(MSG_auth_activate, nobody, &(struct activate_ask){.token = ""}), "/token");
    /* Hashes and tokens are not kept as they are. */
    assert_string_equal(
        house_value("select left(password, 4) as value from auth.accounts where email = 'ann@example.test'"), "$2b$");
    assert_int_equal(house_number("select count(*) as value from auth.one_time_tokens where hash = '%s'::bytea", token),
                     0);
}

static void register_refuses(void **state) {
    (void)state;
    expect_status(enrol("twice@example.test", "password-1", "v1"), OK);
    expect_code(enrol("TWICE@example.test", "password-1", "videoapp"), CONFLICT, "email-taken");
    int64_t letters = house_number("select count(*) as value from auth.outbox");
    static const char *const wrong[] = {"no-at", "@example.test", "a@",     "a b@example.test",
                                        "a@@b",  "a@.b",          "a@b..c", "a\n@b.c"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_field(enrol(wrong[i], "password-1", "v1"), "/email");
    expect_field(enrol("short@example.test", "1234567", "v1"), "/password");
    char longer[74];
    memset(longer, 'x', sizeof longer);
    longer[73] = 0;
    expect_field(enrol("long@example.test", longer, "v1"), "/password");
    expect_field(
        ask(MSG_auth_register, nobody,
            &(struct register_ask){
                .email = "c@example.test", .password = "password-1", .confirm = "password-2", .dialect = "v1"}),
        "/confirm");
    assert_int_equal(house_number("select count(*) as value from auth.outbox"), letters);
    assert_int_equal(house_number("select count(*) as value from auth.accounts where email in ('short@example.test',"
                                  " 'long@example.test', 'c@example.test')"),
                     0);
}

static void login_refuses(void **state) {
    (void)state;
    expect_status(enrol("bob@example.test", "password-1", "videoflix_hls"), OK);
    struct answer wrong = login("bob@example.test", "password-2", "v1"),
                  unknown = login("nobody@example.test", "password-2", "v1");
    expect_status(wrong, UNAUTHENTICATED);
    expect_status(unknown, UNAUTHENTICATED);
    /* Nothing tells whether there is such an account. */
    assert_string_equal(wrong.problem->code, unknown.problem->code);
    assert_string_equal(wrong.problem->detail, unknown.problem->detail);
    /* This realm lets only proven addresses in. */
    expect_status(login("bob@example.test", "password-1", "videoflix_hls"), UNAUTHENTICATED);
    expect_status(login("bob@example.test", "password-1", "v1"), OK);
    ask_ok(MSG_auth_activate, nobody, &(struct activate_ask){.token = newest_letter(0, NULL).token});
    expect_status(login("bob@example.test", "password-1", "videoflix_hls"), OK);
    expect_field(login("bob@example.test", "password-1", "no realm"), "/dialect");
    house_sql("update auth.accounts set suspended_at = now() where email = 'bob@example.test'");
    expect_status(login("bob@example.test", "password-1", "v1"), UNAUTHENTICATED);
    house_sql("update auth.accounts set suspended_at = null where email = 'bob@example.test'");
}

static void refresh_rotates(void **state) {
    (void)state;
    const struct session *one = login("root@example.test", "correct-horse", "v1").reply;
    assert_non_null(one);
    const struct session *two = refresh(one->refresh_token, "v1").reply;
    assert_non_null(two);
    assert_string_not_equal(one->refresh_token, two->refresh_token);
    assert_string_not_equal(one->access_token, two->access_token);
    /* Parallel tabs: the spent token gives the same successor within the grace window. */
    const struct session *tab = refresh(one->refresh_token, "v1").reply;
    assert_non_null(tab);
    assert_string_equal(tab->refresh_token, two->refresh_token);
    expect_code(refresh(two->refresh_token, "videoflix_hls"), UNAUTHENTICATED, "refresh-refused");
    expect_code(refresh("never-was", "v1"), UNAUTHENTICATED, "refresh-refused");
    expect_field(refresh(two->refresh_token, "no realm"), "/dialect");
    assert_non_null(refresh(two->refresh_token, "v1").reply);
}

static void a_stolen_token_ends_the_session(void **state) {
    (void)state;
    struct ear *ear = ear_open();
    struct bus_event event;
    const struct session *one = login("root@example.test", "correct-horse", "v1").reply;
    assert_non_null(one);
    const struct session *two = refresh(one->refresh_token, "v1").reply;
    assert_non_null(two);
    sleep_ms(1200);
    expect_code(refresh(one->refresh_token, "v1"), UNAUTHENTICATED, "refresh-refused");
    assert_true(ear_take(ear, "revoked", &event, PATIENCE_MS));
    assert_true(event.has_id && event.has_until);
    expect_code(refresh(two->refresh_token, "v1"), UNAUTHENTICATED, "refresh-refused");
    const struct revoked_reply *revoked = ask_ok(MSG_auth_revoked, nobody, &(struct revoked_ask){0});
    bool found = false;
    for (size_t i = 0; i < revoked->sessions.n; i++)
        found |= LIST_AT(revoked->sessions, struct revoked_session, i).id == event.id;
    assert_true(found);
    ear_close(ear);
}

static void logout_revokes(void **state) {
    (void)state;
    struct ear *ear = ear_open();
    struct bus_event event;
    const struct session *session = login("root@example.test", "correct-horse", "v1").reply;
    assert_non_null(session);
    struct who who = {session->account->id, ROLE_USER};
    int64_t id = house_number("select max(id) as value from auth.sessions");
    struct logout_ask by_number = {.session = id, .has_session = true, .dialect = "v1"};
    /* Somebody else's session is not touched. */
    expect_status(ask(MSG_auth_logout, (struct who){who.user + 1, ROLE_USER}, &by_number), OK);
    assert_false(ear_take(ear, "revoked", &event, 100));
    ask_ok(MSG_auth_logout, who, &by_number);
    assert_true(ear_take(ear, "revoked", &event, 1000));
    assert_int_equal(event.id, id);
    expect_code(refresh(session->refresh_token, "v1"), UNAUTHENTICATED, "refresh-refused");
    expect_status(ask(MSG_auth_logout, who, &by_number), OK);
    session = login("root@example.test", "correct-horse", "v1").reply;
    struct logout_ask by_token = {.refresh_token = session->refresh_token, .dialect = "v1"};
    expect_status(ask(MSG_auth_logout, nobody, &by_token), OK);
    assert_true(ear_take(ear, "revoked", &event, 1000));
    expect_code(ask(MSG_auth_logout, nobody, &by_token), UNAUTHENTICATED, "refresh-refused");
    expect_status(ask(MSG_auth_logout, nobody, &(struct logout_ask){.dialect = "v1"}), INVALID);
    ear_close(ear);
}

static void me_and_keys(void **state) {
    (void)state;
    int64_t id = house_number("select id as value from auth.accounts where email = 'root@example.test'");
    const struct account_reply *me = ask_ok(MSG_auth_me, (struct who){id, ROLE_USER}, NULL);
    assert_string_equal(me->account->email, "root@example.test");
    expect_code(ask(MSG_auth_me, (struct who){999999, ROLE_USER}, NULL), NOT_FOUND, "account-gone");
    expect_status(ask(MSG_auth_me, nobody, NULL), NOT_FOUND);
    const struct keys_reply *keys = ask_ok(MSG_auth_keys, nobody, NULL);
    assert_int_equal(keys->keys.n, 1);
    const struct public_key *key = keys->keys.at;
    assert_string_equal(key->alg, "ES256");
    assert_non_null(strstr(key->pem, "BEGIN PUBLIC KEY"));
    assert_null(strstr(key->pem, "PRIVATE"));
    assert_true(keys->playback_secret.n >= 32);
    char kid[65];
    snprintf(kid, sizeof kid, "%s", key->kid);
    /* Another instance has the same keys: tokens of one are good at the other. */
    pid_t second = house_start("zoe-auth", NULL);
    house_await("auth", 2);
    for (int i = 0; i < 4; i++) {
        keys = ask_ok(MSG_auth_keys, nobody, NULL);
        assert_int_equal(keys->keys.n, 1);
        assert_string_equal(((const struct public_key *)keys->keys.at)->kid, kid);
    }
    house_stop(second);
    house_await("auth", 1);
}

/* From the registration to the file: auth's outbox, the broker, mail. */
static void the_letter_arrives(void **state) {
    (void)state;
    house_sql("truncate mail.letters");
    pid_t mail = house_start("zoe-mail", NULL);
    house_await("mail", 1);
    const struct account_reply *reply = enrol("carol@example.test", "password-1", "videoflix_hls").reply;
    assert_non_null(reply);
    AWAIT(house_number(
              "select count(*) as value from mail.letters where state = 'sent' and address = 'carol@example.test'") ==
          1);
    AWAIT(house_number("select count(*) as value from auth.outbox") == 0);
    house_stop(mail);
}

int auth_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_administrator), cmocka_unit_test(register_and_activate),
        cmocka_unit_test(register_refuses),        cmocka_unit_test(login_refuses),
        cmocka_unit_test(refresh_rotates),         cmocka_unit_test(a_stolen_token_ends_the_session),
        cmocka_unit_test(logout_revokes),          cmocka_unit_test(me_and_keys),
        cmocka_unit_test(the_letter_arrives),
    };
    return RUN("auth", start, stop);
}
