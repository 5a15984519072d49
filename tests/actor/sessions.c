#include "tests/actor/accounts.h"

#include <stdio.h>
#include <string.h>

/* Sessions, where they are used from, and the second factor. */

static void sessions_are_listed_and_ended(void **state) {
    (void)state;
    int64_t id = enrol("lists@example.test", "a fine password"), here = 0;
    struct who who = {id, ROLE_USER};
    expect_status(
        login_with((struct login_ask){
            .email = "lists@example.test", .password = "a fine password", .device = "Phone", .address = "10.0.0.7"}),
        OK);
    int64_t phone = house_number("select max(id) as value from auth.sessions");
    const char *third = session_of("lists@example.test", "a fine password", NULL);
    session_of("lists@example.test", "a fine password", &here);
    const struct login_list *list =
        ask_ok(MSG_auth_sessions, who, &(struct here){.session = here, .has_session = true});
    assert_int_equal(list->items.n, 3);
    bool seen = false;
    for (size_t i = 0; i < 3; i++) {
        const struct login_row *row = &LIST_AT(list->items, struct login_row, i);
        assert_int_equal(row->current, row->id == here);
        seen |= row->id == phone && !strcmp(row->device, "Phone") && !strcmp(row->address, "10.0.0.7");
    }
    assert_true(seen);
    expect_code(ask(MSG_auth_session_end, viewer, &(struct by_id){.id = phone}), NOT_FOUND, "session-gone");
    struct ear *ear = ear_open();
    struct bus_event event;
    ask_ok(MSG_auth_session_end, who, &(struct by_id){.id = phone});
    assert_true(ear_take(ear, "revoked", &event, 1000));
    assert_int_equal(event.id, phone);
    expect_code(ask(MSG_auth_session_end, who, &(struct by_id){.id = phone}), NOT_FOUND, "session-gone");
    ask_ok(MSG_auth_sessions_end, who, &(struct here){.session = here, .has_session = true});
    assert_true(ear_take(ear, "revoked", &event, 1000));
    assert_false(ear_take(ear, "revoked", &event, 100));
    expect_code(refresh(third), UNAUTHENTICATED, "refresh-refused");
    list = ask_ok(MSG_auth_sessions, who, &(struct here){0});
    assert_int_equal(list->items.n, 1);
    expect_code(ask(MSG_auth_sessions, nobody, &(struct here){0}), UNAUTHENTICATED, "unauthenticated");
    ear_close(ear);
}

static void a_session_ends_at_last(void **state) {
    (void)state;
    int64_t session = 0;
    enrol("limit@example.test", "a fine password");
    const char *token = session_of("limit@example.test", "a fine password", &session);
    const char *left =
        "select extract(epoch from expires_at - now())::bigint as value from auth.sessions where id = %lld";
    /* Refreshing moves the end, but not beyond the longest life. */
    assert_in_range(house_number(left, (long long)session), 99000, 100000);
    house_sql("update auth.sessions set created_at = now() - interval '99000 seconds' where id = %lld",
              (long long)session);
    const struct session *next = refresh(token).reply;
    assert_non_null(next);
    assert_in_range(house_number(left, (long long)session), 900, 1000);
    char last[128];
    snprintf(last, sizeof last, "%s", next->refresh_token);
    house_sql("update auth.sessions set expires_at = now() where id = %lld", (long long)session);
    expect_code(refresh(last), UNAUTHENTICATED, "refresh-refused");
}

static void a_new_place_is_told(void **state) {
    (void)state;
    enrol("places@example.test", "a fine password");
    struct login_ask home = {
        .email = "places@example.test", .password = "a fine password", .device = "Home", .address = "10.0.0.1"};
    int64_t before = letters("new-sign-in");
    expect_status(login_with(home), OK);
    expect_status(login_with(home), OK);
    home.address = "10.0.0.2";
    expect_status(login_with(home), OK);
    assert_int_equal(letters("new-sign-in"), before);
    home.device = "Elsewhere";
    home.address = "192.0.2.9";
    expect_status(login_with(home), OK);
    assert_int_equal(letters("new-sign-in"), before + 1);
    assert_non_null(strstr(posted("new-sign-in").detail, "192.0.2.9\nElsewhere"));
}

static void a_second_factor(void **state) {
    (void)state;
    const char *email = "factor@example.test", *password = "a fine password";
    struct who who = {enrol(email, password), ROLE_USER};
    char secret[33], codes[10][40];
    expect_code(ask(MSG_auth_totp_confirm, who, &(struct code_ask){.code = "123456"}), CONFLICT, "totp-not-begun");
    expect_code(ask(MSG_auth_totp_begin, who, &(struct proof){.password = "wrong"}), FORBIDDEN, "wrong-password");
    const struct totp_secret *begun = ask_ok(MSG_auth_totp_begin, who, &(struct proof){.password = password});
    snprintf(secret, sizeof secret, "%s", begun->secret);
    assert_non_null(strstr(begun->uri, secret));
    assert_non_null(strstr(begun->uri, "otpauth://totp/Zoetrope:factor%40example%2Etest?"));
    /* Not on before a code was seen. */
    expect_status(login(email, password), OK);
    expect_code(ask(MSG_auth_totp_confirm, who, &(struct code_ask){.code = code_at(secret, step_now() - 5)}), INVALID,
                "totp-refused");
    const struct recovery_codes *recovery =
        ask_ok(MSG_auth_totp_confirm, who, &(struct code_ask){.code = code_at(secret, step_now() - 1)});
    assert_int_equal(recovery->codes.n, 10);
    for (size_t i = 0; i < 10; i++)
        snprintf(codes[i], sizeof codes[i], "%s", LIST_AT(recovery->codes, const char *, i));
    assert_string_not_equal(codes[0], codes[1]);
    expect_code(ask(MSG_auth_totp_begin, who, &(struct proof){.password = password}), CONFLICT, "totp-on");
    struct login_ask with = {.email = email, .password = password};
    expect_code(login_with(with), UNAUTHENTICATED, "totp-required");
    with.code = "000000";
    expect_code(login_with(with), UNAUTHENTICATED, "totp-refused");
    with.code = code_at(secret, step_now() - 3);
    expect_code(login_with(with), UNAUTHENTICATED, "totp-refused");
    /* A wrong password says nothing of codes. */
    expect_code(login(email, "wrong"), UNAUTHENTICATED, "wrong-credentials");
    char now[8];
    snprintf(now, sizeof now, "%s", code_at(secret, step_now() + 1));
    with.code = now;
    expect_status(login_with(with), OK);
    expect_code(login_with(with), UNAUTHENTICATED, "totp-refused");
    /* Recovery codes, as people type them; each once. */
    for (char *c = codes[3]; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c == '-' ? ' ' : *c;
    with.code = codes[3];
    expect_status(login_with(with), OK);
    expect_code(login_with(with), UNAUTHENTICATED, "totp-refused");
    assert_int_equal(house_number("select count(*) as value from auth.recovery_codes where used_at is not null"), 1);
    /* A new password does not switch it off. */
    expect_status(forgot(email), OK);
    AWAIT(house_number("select count(*) as value from auth.outbox where message = 111") == 0);
    char token[128];
    snprintf(token, sizeof token, "%s", posted("reset").token);
    expect_status(reset(token, "the new password"), OK);
    with.password = "the new password";
    with.code = NULL;
    expect_code(login_with(with), UNAUTHENTICATED, "totp-required");
    expect_code(ask(MSG_auth_totp_off, who, &(struct proof){.password = "the new password"}), FORBIDDEN,
                "totp-required");
    expect_status(ask(MSG_auth_totp_off, who, &(struct proof){.password = "the new password", .code = codes[4]}), OK);
    expect_status(login_with(with), OK);
}

/* Twenty at once with one code open one session. */
static void a_code_is_taken_once(void **state) {
    (void)state;
    const char *email = "once@example.test";
    struct who who = {enrol(email, "a fine password"), ROLE_USER};
    const struct totp_secret *begun = ask_ok(MSG_auth_totp_begin, who, &(struct proof){.password = "a fine password"});
    char secret[33];
    snprintf(secret, sizeof secret, "%s", begun->secret);
    ask_ok(MSG_auth_totp_confirm, who, &(struct code_ask){.code = code_at(secret, step_now() - 1)});
    struct peer *peer = peer_open("ask");
    struct login_ask one = {
        .email = email, .password = "a fine password", .dialect = "v1", .code = code_at(secret, step_now() + 1)};
    size_t opened = 0;
    for (uint64_t i = 1; i <= 20; i++)
        peer_send(peer,
                  (struct header){
                      .kind = KIND_ASK, .message = MSG_auth_login, .remaining_ms = PATIENCE_MS, .key = {peer->edge, i}},
                  login_ask_record(), &one);
    for (int i = 0; i < 20; i++) {
        assert_true(peer_take(peer, PATIENCE_MS));
        opened += peer->header.status == OK;
    }
    assert_int_equal(opened, 1);
    peer_close(peer);
}

int sessions_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_are_listed_and_ended), cmocka_unit_test(a_session_ends_at_last),
        cmocka_unit_test(a_new_place_is_told),           cmocka_unit_test(a_second_factor),
        cmocka_unit_test(a_code_is_taken_once),
    };
    return RUN("sessions", accounts_start, accounts_stop);
}
