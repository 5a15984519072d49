#include <stdio.h>
#include <string.h>

#include "tests/actor/tests.h"

/* What differs between the dialects' sessions and links. */

static pid_t auth;

static int start(void **state) {
    (void)state;
    house_sql("delete from auth.outbox");
    auth = house_start("zoe-auth", "ZOE_REFRESH_GRACE_SECONDS=60");
    house_await("auth", 1);
    return 0;
}

static int stop(void **state) {
    (void)state;
    house_stop(auth);
    house_await("auth", 0);
    house_sql("delete from auth.outbox");
    return 0;
}

static struct answer enrol(struct register_ask wish) {
    wish.password = wish.password ? wish.password : "a fine password";
    wish.dialect = wish.dialect ? wish.dialect : "v1";
    return ask(MSG_auth_register, nobody, &wish);
}

static struct answer login(struct login_ask wish) {
    wish.password = wish.password ? wish.password : "a fine password";
    wish.dialect = wish.dialect ? wish.dialect : "v1";
    return ask(MSG_auth_login, nobody, &wish);
}

/* Makes a link whose token is known: its digest is PostgreSQL's. */
static void link_for(const char *email, const char *kind, const char *token) {
    char sql[400];
    snprintf(sql, sizeof sql,
             "insert into auth.one_time_tokens (hash, account_id, kind, expires_at) select sha256('%s'), id, '%s', "
             "now() + interval '1 hour' from auth.accounts where email = '%s'",
             token, kind, email);
    house_sql("%s", sql);
}

static int64_t number_of(const char *email) {
    return house_number("select id as value from auth.accounts where email = '%s'", email);
}

static void a_login_name(void **state) {
    (void)state;
    const struct account_reply *made =
        enrol((struct register_ask){.email = "named@example.test", .username = "Nämed", .dialect = "streamify"}).reply;
    assert_non_null(made);
    assert_string_equal(made->account->username, "n\xc3\xa4med");
    assert_string_equal(made->account->name, "Nämed");
    expect_code(enrol((struct register_ask){.email = "other@example.test", .username = "NÄMED"}), CONFLICT,
                "username-taken");
    expect_code(enrol((struct register_ask){.email = "NAMED@example.test", .username = "free", .dialect = "streamify"}),
                CONFLICT, "email-taken");
    expect_field(enrol((struct register_ask){.email = "other@example.test", .username = "named@example.test"}),
                 "/username");
    expect_field(enrol((struct register_ask){.email = "other@example.test", .username = "a b"}), "/username");
    expect_status(login((struct login_ask){.email = "NÄMED"}), OK);
    expect_status(login((struct login_ask){.email = "named@example.test"}), OK);
    expect_code(login((struct login_ask){.email = "named"}), UNAUTHENTICATED, "wrong-credentials");
    /* A name shown is no login name. */
    expect_status(enrol((struct register_ask){.email = "shown@example.test", .name = "Shown"}), OK);
    expect_code(login((struct login_ask){.email = "Shown"}), UNAUTHENTICATED, "wrong-credentials");
}

static void passwords_of_six(void **state) {
    (void)state;
    struct register_ask wish = {.email = "six@example.test", .password = "six666", .dialect = "videoapp"};
    expect_status(enrol(wish), OK);
    wish.email = "five@example.test";
    wish.password = "five5";
    expect_code(enrol(wish), INVALID, "password-short");
    wish.password = "six666";
    static const char *const others[] = {"v1", "veeplay", "videoflix_hls", "videoflix_s3", "streamify"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        wish.dialect = others[i];
        expect_code(enrol(wish), INVALID, "password-short");
    }
}

static void sessions_live_as_the_dialect_says(void **state) {
    (void)state;
    static const struct {
        const char *dialect;
        bool remember;
        int64_t access, refresh;
    } rows[] = {
        {"veeplay", false, 3600, 3600},     {"videoapp", true, 86400, 86400},    {"videoflix_hls", true, 1260, 86400},
        {"videoflix_s3", false, 300, 3600}, {"videoflix_s3", true, 300, 604800}, {"streamify", false, 86400, 86400},
        {"v1", true, 900, 2592000}};
    expect_status(enrol((struct register_ask){.email = "lives@example.test"}), OK);
    house_sql("update auth.accounts set verified_at = now() where email = 'lives@example.test'");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct session *session = login((struct login_ask){.email = "lives@example.test",
                                                                 .dialect = rows[i].dialect,
                                                                 .remember = rows[i].remember,
                                                                 .has_remember = true})
                                            .reply;
        assert_non_null(session);
        assert_int_equal(session->expires_in, rows[i].access);
        assert_int_equal(session->refresh_expires_in, rows[i].refresh);
        assert_in_range(house_number("select extract(epoch from expires_at - now())::bigint as value "
                                     "from auth.sessions order by id desc limit 1"),
                        rows[i].refresh - 5, rows[i].refresh);
    }
}

static void a_link_belongs_to_its_account(void **state) {
    (void)state;
    expect_status(enrol((struct register_ask){.email = "mine@example.test"}), OK);
    expect_status(enrol((struct register_ask){.email = "yours@example.test"}), OK);
    int64_t mine = number_of("mine@example.test"), yours = number_of("yours@example.test");
    link_for("mine@example.test", "activation", "open");
    struct activate_ask open = {.token = "open", .account = yours, .has_account = true};
    expect_code(ask(MSG_auth_activate, nobody, &open), INVALID, "token-foreign");
    open.account = 0;
    expect_code(ask(MSG_auth_activate, nobody, &open), INVALID, "uid-refused");
    open.token = "nothing";
    expect_code(ask(MSG_auth_activate, nobody, &open), INVALID, "token-refused");
    open = (struct activate_ask){.token = "open", .account = mine, .has_account = true};
    expect_status(ask(MSG_auth_activate, nobody, &open), OK);
    expect_code(ask(MSG_auth_activate, nobody, &open), INVALID, "already-active");
    open.again = open.has_again = true;
    expect_status(ask(MSG_auth_activate, nobody, &open), OK);
    /* A link for one thing does nothing else. */
    link_for("mine@example.test", "activation", "other");
    struct reset_ask reset = {.token = "other", .password = "the new password", .dialect = "v1"};
    expect_code(ask(MSG_auth_reset, nobody, &reset), INVALID, "token-refused");
    link_for("mine@example.test", "reset", "reset");
    reset = (struct reset_ask){
        .token = "reset", .password = "the new password", .dialect = "v1", .account = yours, .has_account = true};
    expect_code(ask(MSG_auth_reset, nobody, &reset), INVALID, "token-foreign");
    reset.account = mine;
    reset.confirm = "something else";
    expect_field(ask(MSG_auth_reset, nobody, &reset), "/confirm");
    reset.confirm = NULL;
    expect_status(ask(MSG_auth_reset, nobody, &reset), OK);
    expect_code(ask(MSG_auth_reset, nobody, &reset), INVALID, "token-refused");
}

static void whether_an_address_is_known(void **state) {
    (void)state;
    expect_status(enrol((struct register_ask){.email = "known@example.test"}), OK);
    const struct email_known *known =
        ask_ok(MSG_auth_email_exists, nobody, &(struct email_ask){.email = "KNOWN@example.test"});
    assert_true(known->exists);
    known = ask_ok(MSG_auth_email_exists, nobody, &(struct email_ask){.email = "unknown@example.test"});
    assert_false(known->exists);
    expect_field(ask(MSG_auth_email_exists, nobody, &(struct email_ask){.email = "nonsense"}), "/email");
}

/* Whoever waits for another tab's swap gets the same pair. */
static void tabs_refresh_at_once(void **state) {
    (void)state;
    enum { TABS = 20 };
    expect_status(enrol((struct register_ask){.email = "tabs@example.test"}), OK);
    struct peer *peer = peer_open("ask");
    for (int round = 0; round < 10; round++) {
        char token[128], next[128] = "";
        const struct session *session = login((struct login_ask){.email = "tabs@example.test"}).reply;
        snprintf(token, sizeof token, "%s", session->refresh_token);
        struct refresh_ask refresh = {.refresh_token = token, .dialect = "v1"};
        for (int i = 0; i < TABS; i++)
            peer_send(peer,
                      (struct header){.kind = KIND_ASK,
                                      .message = MSG_auth_refresh,
                                      .remaining_ms = PATIENCE_MS,
                                      .key = {peer->edge, (uint64_t)(round * TABS + i + 1)}},
                      refresh_ask_record(), &refresh);
        for (int i = 0; i < TABS; i++) {
            assert_true(peer_take(peer, PATIENCE_MS));
            assert_int_equal(peer->header.status, OK);
            session = peer_decode(peer, session_record());
            if (!*next)
                snprintf(next, sizeof next, "%s", session->refresh_token);
            assert_string_equal(session->refresh_token, next);
        }
    }
    peer_close(peer);
}

static void edges_hear_why_a_session_ended(void **state) {
    (void)state;
    expect_status(enrol((struct register_ask){.email = "out@example.test"}), OK);
    expect_status(login((struct login_ask){.email = "out@example.test"}), OK);
    int64_t id = number_of("out@example.test");
    int64_t session = house_number("select max(id) as value from auth.sessions");
    ask_ok(MSG_auth_user_suspend, admin, &(struct suspend_ask){.id = id, .suspended = true, .has_suspended = true});
    const struct revoked_reply *reply = ask_ok(MSG_auth_revoked, nobody, &(struct revoked_ask){0});
    bool found = false;
    for (size_t i = 0; i < reply->sessions.n; i++) {
        const struct revoked_session *one = &LIST_AT(reply->sessions, struct revoked_session, i);
        found |= one->id == session && one->inactive;
    }
    assert_true(found);
}

int realms_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_name),
        cmocka_unit_test(passwords_of_six),
        cmocka_unit_test(sessions_live_as_the_dialect_says),
        cmocka_unit_test(a_link_belongs_to_its_account),
        cmocka_unit_test(whether_an_address_is_known),
        cmocka_unit_test(tabs_refresh_at_once),
        cmocka_unit_test(edges_hear_why_a_session_ended),
    };
    return RUN("realms", start, stop);
}
