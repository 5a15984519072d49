#include "tests/actor/accounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Registration, addresses, and passwords. */

static void common_passwords_are_refused(void **state) {
    (void)state;
    static const char *const common[] = {"password",
                                         "Password1",
                                         "12345678",
                                         "QWERTYUIOP",
                                         "iloveyou!",
                                         "aaaaaaaaaaaa",
                                         "abcdefghij",
                                         "87654321",
                                         "trustno1",
                                         "someone.new",
                                         "someone.new@example.test"};
    for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
        struct answer answer =
            ask(MSG_auth_register, nobody,
                &(struct register_ask){.email = "someone.new@example.test", .password = common[i], .dialect = "v1"});
        expect_field(answer, "/password");
    }
    enrol("someone.new@example.test", "a fine password");
}

static void addresses_have_one_spelling(void **state) {
    (void)state;
    int64_t id = enrol("J\xc3\x9cRGEN@Example.Test", "a fine password");
    assert_string_equal(house_value("select email as value from auth.accounts where id = %lld", (long long)id),
                        "j\xc3\xbcrgen@example.test");
    /* The same letters, composed otherwise. */
    expect_code(ask(MSG_auth_register, nobody,
                    &(struct register_ask){
                        .email = "ju\xcc\x88rgen@example.test", .password = "a fine password", .dialect = "videoapp"}),
                CONFLICT, "email-taken");
    expect_status(login("JU\xcc\x88RGEN@EXAMPLE.TEST", "a fine password"), OK);
}

/* A hundred at once make one account. */
static void registrations_race(void **state) {
    (void)state;
    enum { TRIES = 100 };
    struct peer *peer = peer_open("ask");
    struct register_ask one = {.email = "Race@example.test", .password = "a fine password", .dialect = "videoapp"};
    int64_t before = house_number("select count(*) as value from auth.outbox where message = 401");
    size_t made = 0, taken = 0;
    for (int sent = 0; sent < TRIES; sent += 20) {
        for (int i = 0; i < 20; i++) {
            one.email = i % 2 ? "race@example.test" : "RACE@example.test";
            peer_send(peer,
                      (struct header){.kind = KIND_ASK,
                                      .message = MSG_auth_register,
                                      .remaining_ms = PATIENCE_MS,
                                      .key = {peer->edge, (uint64_t)(sent + i + 1)}},
                      register_ask_record(), &one);
        }
        for (int i = 0; i < 20; i++) {
            assert_true(peer_take(peer, PATIENCE_MS));
            made += peer->header.status == OK;
            taken += peer->header.status == CONFLICT;
        }
    }
    assert_int_equal(made, 1);
    assert_int_equal(taken, TRIES - 1);
    assert_int_equal(house_number("select count(*) as value from auth.accounts where email = 'race@example.test'"), 1);
    assert_int_equal(house_number("select count(*) as value from auth.outbox where message = 401"), before + 1);
    peer_close(peer);
}

/* v1: the answer is that of a new account; its owner hears of it, once a day. */
static void a_known_address_is_not_told(void **state) {
    (void)state;
    int64_t id = enrol("known@example.test", "a fine password"), before = letters("registered-again");
    int64_t made = house_number("select count(*) as value from auth.accounts");
    struct register_ask again = {
        .email = "Known@example.test", .password = "another password", .name = "Somebody", .dialect = "v1"};
    const struct account_reply *reply = ask_ok(MSG_auth_register, nobody, &again);
    assert_true(reply->account->id > id);
    assert_string_equal(reply->account->email, "known@example.test");
    assert_string_equal(reply->account->name, "Somebody");
    assert_false(reply->account->verified);
    assert_int_equal(reply->account->roles.n, 1);
    assert_int_equal(reply->account->picture_url || reply->account->username, 0);
    assert_true(reply->account->created_at > 0);
    assert_int_equal(house_number("select count(*) as value from auth.accounts"), made);
    expect_status(login("known@example.test", "another password"), UNAUTHENTICATED);
    expect_status(login("known@example.test", "a fine password"), OK);
    AWAIT(letters("registered-again") == before + 1);
    struct letter letter = posted("registered-again");
    char event[64];
    snprintf(event, sizeof event, "%s", letter.event);
    ask_ok(MSG_auth_register, nobody, &again);
    letter = posted("registered-again");
    assert_string_equal(letter.event, event);
    assert_string_equal(letter.to, "known@example.test");
}

static void a_forgotten_password(void **state) {
    (void)state;
    int64_t id = enrol("forgot@example.test", "the old password");
    const char *session = session_of("forgot@example.test", "the old password", NULL);
    /* Unknown addresses get the same answer, and no letter. */
    int64_t before = letters("reset");
    expect_status(forgot("nobody@example.test"), OK);
    expect_status(forgot("Forgot@Example.test"), OK);
    AWAIT(letters("reset") == before + 1);
    AWAIT(house_number("select count(*) as value from auth.outbox where message = 111") == 0);
    struct letter letter = posted("reset");
    assert_string_equal(letter.to, "forgot@example.test");
    char token[128];
    snprintf(token, sizeof token, "%s", letter.token);
    expect_field(reset(token, "password"), "/password");
    expect_field(reset(token, "short"), "/password");
    expect_code(reset("no such token", "the new password"), INVALID, "token-refused");
    expect_status(reset(token, "the new password"), OK);
    expect_code(reset(token, "the next password"), INVALID, "token-refused");
    expect_code(refresh(session), UNAUTHENTICATED, "refresh-refused");
    expect_status(login("forgot@example.test", "the old password"), UNAUTHENTICATED);
    expect_status(login("forgot@example.test", "the new password"), OK);
    assert_non_null(posted("password-changed").to);
    assert_int_equal(
        house_number("select count(*) as value from auth.accounts where id = %lld and verified_at is not null",
                     (long long)id),
        1);
    /* An hour later a link opens nothing. */
    expect_status(forgot("forgot@example.test"), OK);
    AWAIT(letters("reset") == before + 2);
    house_sql("update auth.one_time_tokens set expires_at = now() - interval '1 second' where used_at is null");
    snprintf(token, sizeof token, "%s", posted("reset").token);
    expect_code(reset(token, "the next password"), INVALID, "token-refused");
    /* Whoever asks and how often: five letters an hour. */
    for (int i = 0; i < 8; i++)
        expect_status(forgot("forgot@example.test"), OK);
    AWAIT(house_number("select count(*) as value from auth.outbox where message = 111") == 0);
    assert_int_equal(letters("reset"), before + 5);
    expect_code(ask(MSG_auth_link, admin,
                    &(struct link_order){.email = "forgot@example.test", .kind = "reset", .dialect = "v1"}),
                FORBIDDEN, "forbidden");
}

static void an_activation_is_sent_again(void **state) {
    (void)state;
    int64_t id = enrol("again@example.test", "a fine password");
    struct link_wish wish = {.email = "again@example.test", .dialect = "v1"};
    int64_t before = letters("activation");
    expect_status(ask(MSG_auth_resend, nobody, &wish), OK);
    AWAIT(letters("activation") == before + 1);
    char token[128];
    snprintf(token, sizeof token, "%s", posted("activation").token);
    ask_ok(MSG_auth_activate, nobody, &(struct activate_ask){.token = token});
    /* A proven address needs no link. */
    expect_status(ask(MSG_auth_resend, nobody, &wish), OK);
    AWAIT(house_number("select count(*) as value from auth.outbox where message = 111") == 0);
    assert_int_equal(letters("activation"), before + 1);
    assert_true(id > 0);
}

static void a_password_is_changed(void **state) {
    (void)state;
    int64_t id = enrol("change@example.test", "the old password"), here = 0;
    struct who who = {id, ROLE_USER};
    const char *mine = session_of("change@example.test", "the old password", &here);
    const char *other = session_of("change@example.test", "the old password", NULL);
    struct password_ask change = {.current = "the wrong password",
                                  .password = "the new password",
                                  .session = here,
                                  .has_session = true,
                                  .dialect = "v1"};
    expect_code(ask(MSG_auth_password, who, &change), FORBIDDEN, "wrong-password");
    expect_code(ask(MSG_auth_password, nobody, &change), UNAUTHENTICATED, "unauthenticated");
    change.current = "the old password";
    change.password = "change";
    expect_field(ask(MSG_auth_password, who, &change), "/password");
    change.password = "the new password";
    expect_status(ask(MSG_auth_password, who, &change), OK);
    expect_code(refresh(other), UNAUTHENTICATED, "refresh-refused");
    expect_status(refresh(mine), OK);
    expect_status(login("change@example.test", "the old password"), UNAUTHENTICATED);
    expect_status(login("change@example.test", "the new password"), OK);
    assert_string_equal(posted("password-changed").to, "change@example.test");
}

static void a_higher_cost_makes_a_new_hash(void **state) {
    (void)state;
    enrol("cost@example.test", "a fine password");
    const char *sql = "select left(password, 7) as value from auth.accounts where email = 'cost@example.test'";
    assert_string_equal(house_value("%s", sql), "$2b$04$");
    accounts_end();
    accounts_begin("ZOE_BCRYPT_COST=5");
    expect_status(login("cost@example.test", "the wrong one"), UNAUTHENTICATED);
    assert_string_equal(house_value("%s", sql), "$2b$04$");
    expect_status(login("cost@example.test", "a fine password"), OK);
    assert_string_equal(house_value("%s", sql), "$2b$05$");
    expect_status(login("cost@example.test", "a fine password"), OK);
    accounts_end();
    accounts_begin("");
}

int account_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(common_passwords_are_refused), cmocka_unit_test(addresses_have_one_spelling),
        cmocka_unit_test(registrations_race),           cmocka_unit_test(a_known_address_is_not_told),
        cmocka_unit_test(a_forgotten_password),         cmocka_unit_test(an_activation_is_sent_again),
        cmocka_unit_test(a_password_is_changed),        cmocka_unit_test(a_higher_cost_makes_a_new_hash),
    };
    return RUN("account", accounts_start, accounts_stop);
}
