#include <stdio.h>
#include <string.h>

#include "tests/actor/tests.h"

/* What a person shows of the own account, and the address it belongs to. */

static pid_t auth;

static int start(void **state) {
    (void)state;
    house_sql("delete from auth.outbox");
    auth = house_start("zoe-auth", "ZOE_ADMIN_EMAIL=root@example.test ZOE_ADMIN_PASSWORD=correct-horse "
                                   "ZOE_RATE_LIMITS=off ZOE_BCRYPT_COST=4");
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

static const char PASSWORD[] = "a fine password";

static struct who enrol(const char *email) {
    const struct account_reply *reply = ask_ok(
        MSG_auth_register, nobody, &(struct register_ask){.email = email, .password = PASSWORD, .dialect = "v1"});
    return (struct who){.user = reply->account->id, .roles = ROLE_USER};
}

static void a_name_is_changed(void **state) {
    (void)state;
    struct who ann = enrol("ann.profile@example.test");
    const struct account_reply *reply =
        ask_ok(MSG_auth_profile, ann, &(struct profile_ask){.name = "Ann \xc3\x85ngstr\xc3\xb6m"});
    assert_string_equal(reply->account->name, "Ann \xc3\x85ngstr\xc3\xb6m");
    assert_null(reply->account->picture_url);
    reply = ask_ok(MSG_auth_profile, ann, &(struct profile_ask){0});
    assert_string_equal(reply->account->name, "Ann \xc3\x85ngstr\xc3\xb6m");
    expect_field(ask(MSG_auth_profile, ann, &(struct profile_ask){.name = " \t "}), "/name");
    expect_code(ask(MSG_auth_profile, nobody, &(struct profile_ask){.name = "x"}), UNAUTHENTICATED, "unauthenticated");
    expect_code(ask(MSG_auth_profile, (struct who){999999999, ROLE_USER}, &(struct profile_ask){.name = "x"}),
                NOT_FOUND, "account-gone");
    reply = ask_ok(MSG_auth_me, ann, NULL);
    assert_string_equal(reply->account->name, "Ann \xc3\x85ngstr\xc3\xb6m");
}

static int64_t posted(unsigned message) {
    return house_number("select count(*) as value from auth.outbox where message = %u", message);
}

static void a_picture_is_changed(void **state) {
    (void)state;
    static const char ONE[] = "00000000000000000000000000000001", TWO[] = "00000000000000000000000000000002";
    struct who bob = enrol("bob.picture@example.test");
    house_sql("delete from auth.outbox");
    const struct account_reply *reply =
        ask_ok(MSG_auth_picture, bob, &(struct picture_change){.picture = ONE, .name = "Bob"});
    assert_string_equal(reply->account->picture_url, "/pictures/00000000000000000000000000000001-512.jpg");
    assert_string_equal(reply->account->name, "Bob");
    assert_int_equal(posted(MSG_transcode_picture_keep), 1);
    assert_int_equal(posted(MSG_transcode_picture_drop), 0);
    /* The same once more lets nothing go. */
    ask_ok(MSG_auth_picture, bob, &(struct picture_change){.picture = ONE});
    assert_int_equal(posted(MSG_transcode_picture_drop), 0);
    ask_ok(MSG_auth_picture, bob, &(struct picture_change){.picture = TWO});
    assert_int_equal(posted(MSG_transcode_picture_drop), 1);
    expect_field(ask(MSG_auth_picture, bob, &(struct picture_change){0}), "/picture");
    expect_field(ask(MSG_auth_picture, bob, &(struct picture_change){.picture = "../000000000000000000000000000002"}),
                 "/picture");
    reply = ask_ok(MSG_auth_picture, bob, &(struct picture_change){.gone = true, .has_gone = true});
    assert_null(reply->account->picture_url);
    assert_int_equal(posted(MSG_transcode_picture_drop), 2);
    ask_ok(MSG_auth_picture, bob, &(struct picture_change){.picture = ONE});
    ask_ok(MSG_auth_leave, bob, &(struct proof){.password = PASSWORD});
    assert_int_equal(posted(MSG_transcode_picture_drop), 3);
    expect_code(ask(MSG_auth_picture, bob, &(struct picture_change){.picture = ONE}), NOT_FOUND, "account-gone");
}

static struct answer move(struct who who, const char *email, const char *password) {
    return ask(MSG_auth_address, who, &(struct address_ask){.email = email, .password = password, .dialect = "v1"});
}

static struct answer confirm(const char *token) {
    return ask(MSG_auth_activate, nobody, &(struct activate_ask){.token = token});
}

static struct answer login(const char *email) {
    return ask(MSG_auth_login, nobody, &(struct login_ask){.email = email, .password = PASSWORD, .dialect = "v1"});
}

static void an_address_is_changed(void **state) {
    (void)state;
    char first[64], second[64];
    struct who cem = enrol("cem.old@example.test");
    expect_status(login("cem.old@example.test"), OK);
    int64_t sessions = house_number("select count(*) as value from auth.sessions where ended_at is null");
    ask_ok(MSG_auth_link, service,
           &(struct link_order){.email = "cem.old@example.test", .kind = "reset", .dialect = "v1"});
    expect_code(move(cem, "cem.new@example.test", "wrong"), FORBIDDEN, "wrong-password");
    expect_code(move(nobody, "cem.new@example.test", PASSWORD), UNAUTHENTICATED, "unauthenticated");
    expect_field(move(cem, "no address", PASSWORD), "/email");
    expect_field(move(cem, "CEM.old@Example.test", PASSWORD), "/email");
    expect_status(move(cem, "Cem.NEW@example.test", PASSWORD), OK);
    struct letter letter = newest_letter(cem.user, "address");
    assert_string_equal(letter.to, "Cem.NEW@example.test");
    snprintf(first, sizeof first, "%s", letter.token);
    /* Nothing changes before the link is opened, and only the last link does. */
    assert_string_equal(house_value("select email as value from auth.accounts where id = %lld", (long long)cem.user),
                        "cem.old@example.test");
    expect_status(move(cem, "cem.other@example.test", PASSWORD), OK);
    snprintf(second, sizeof second, "%s", newest_letter(cem.user, "address").token);
    expect_code(confirm(first), INVALID, "token-refused");
    /* A link for an address is none for a password. */
    expect_code(ask(MSG_auth_reset, nobody,
                    &(struct reset_ask){.token = second, .password = "another fine one", .dialect = "v1"}),
                INVALID, "token-refused");
    struct answer answer = confirm(second);
    expect_status(answer, OK);
    assert_string_equal(((const struct account_reply *)answer.reply)->account->email, "cem.other@example.test");
    assert_true(((const struct account_reply *)answer.reply)->account->verified);
    expect_code(confirm(second), INVALID, "token-refused");
    letter = newest_letter(cem.user, "address-changed");
    assert_string_equal(letter.to, "cem.old@example.test");
    assert_string_equal(letter.detail, "cem.other@example.test");
    /* Sessions go on, but the links that went to the old address open nothing. */
    assert_int_equal(house_number("select count(*) as value from auth.sessions where ended_at is null"), sessions);
    expect_code(ask(MSG_auth_reset, nobody,
                    &(struct reset_ask){.token = newest_letter(cem.user, "reset").token,
                                        .password = "another fine one",
                                        .dialect = "v1"}),
                INVALID, "token-refused");
    expect_code(login("cem.old@example.test"), UNAUTHENTICATED, "wrong-credentials");
    expect_status(login("cem.other@example.test"), OK);
}

static void an_address_of_another_is_kept_secret(void **state) {
    (void)state;
    struct who dan = enrol("dan@example.test"), eve = enrol("eve@example.test");
    expect_status(move(dan, "eve@example.test", PASSWORD), OK);
    char token[64];
    snprintf(token, sizeof token, "%s", newest_letter(dan.user, "address").token);
    expect_code(confirm(token), CONFLICT, "email-taken");
    assert_string_equal(house_value("select email as value from auth.accounts where id = %lld", (long long)dan.user),
                        "dan@example.test");
    assert_int_equal(newest_letter(dan.user, "address-changed").has_account_id, false);
    /* Once the other has gone, the link is good. */
    ask_ok(MSG_auth_leave, eve, &(struct proof){.password = PASSWORD});
    expect_status(confirm(token), OK);
}

static void addresses_race(void **state) {
    (void)state;
    enum { EACH = 4 };
    struct who people[EACH];
    char tokens[EACH][64], email[64];
    for (int i = 0; i < EACH; i++) {
        snprintf(email, sizeof email, "racer%d@example.test", i);
        people[i] = enrol(email);
        expect_status(move(people[i], "prize@example.test", PASSWORD), OK);
        snprintf(tokens[i], sizeof tokens[i], "%s", newest_letter(people[i].user, "address").token);
    }
    struct peer *peer = peer_open("ask");
    for (int turn = 0; turn < 3; turn++)
        for (int i = 0; i < EACH; i++)
            peer_send(peer,
                      (struct header){.kind = KIND_ASK,
                                      .message = MSG_auth_activate,
                                      .key = {peer->edge, ++peer->sequence},
                                      .remaining_ms = PATIENCE_MS},
                      activate_ask_record(), &(struct activate_ask){.token = tokens[i]});
    int good = 0;
    for (int i = 0; i < 3 * EACH; i++) {
        assert_true(peer_take(peer, PATIENCE_MS));
        good += peer->header.status == OK;
    }
    peer_close(peer);
    assert_int_equal(good, 1);
    assert_int_equal(house_number("select count(*) as value from auth.accounts where email = 'prize@example.test'"), 1);
    assert_int_equal(house_number("select count(*) as value from auth.outbox where message = 401 and "
                                  "encode(body, 'escape') like '%%address-changed%%prize%%'"),
                     1);
}

static void links_to_addresses_expire_and_are_few(void **state) {
    (void)state;
    struct who fay = enrol("fay.links@example.test");
    for (int i = 0; i < 5; i++)
        expect_status(move(fay, "fay.new@example.test", PASSWORD), OK);
    struct answer answer = move(fay, "fay.new@example.test", PASSWORD);
    expect_code(answer, TOO_MANY, "too-many-tries");
    assert_int_equal(answer.problem->retry_after, 3600);
    house_sql("update auth.one_time_tokens set expires_at = now() where account_id = %lld", (long long)fay.user);
    expect_code(confirm(newest_letter(fay.user, "address").token), INVALID, "token-refused");
}

static void recovery_codes_are_made_anew(void **state) {
    (void)state;
    struct who gus = enrol("gus.codes@example.test");
    expect_code(ask(MSG_auth_recovery, gus, &(struct proof){.password = PASSWORD}), CONFLICT, "totp-off");
    /* On, with one recovery code: SHA-256 of AAAAABBBBBCCCCCDDDDDEEEEE. */
    house_sql(
        "update auth.accounts set totp_secret = decode(repeat('00', 20), 'hex'), totp_since = now() where id = %lld",
        (long long)gus.user);
    house_sql("insert into auth.recovery_codes (account_id, hash) values (%lld, sha256('AAAAABBBBBCCCCCDDDDDEEEEE'))",
              (long long)gus.user);
    expect_code(ask(MSG_auth_recovery, gus, &(struct proof){.password = PASSWORD}), FORBIDDEN, "totp-required");
    expect_code(ask(MSG_auth_recovery, gus, &(struct proof){.password = "wrong"}), FORBIDDEN, "wrong-password");
    struct proof proof = {.password = PASSWORD, .code = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"};
    const struct recovery_codes *codes = ask_ok(MSG_auth_recovery, gus, &proof);
    assert_int_equal(codes->codes.n, 10);
    char fresh[64];
    snprintf(fresh, sizeof fresh, "%s", LIST_AT(codes->codes, const char *, 3));
    expect_code(ask(MSG_auth_recovery, gus, &proof), FORBIDDEN, "totp-refused");
    proof.code = fresh;
    /* An address needs the second factor too. */
    expect_code(move(gus, "gus.new@example.test", PASSWORD), FORBIDDEN, "totp-required");
    ask_ok(MSG_auth_recovery, gus, &proof);
}

int profile_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_changed),
        cmocka_unit_test(a_picture_is_changed),
        cmocka_unit_test(an_address_is_changed),
        cmocka_unit_test(an_address_of_another_is_kept_secret),
        cmocka_unit_test(addresses_race),
        cmocka_unit_test(links_to_addresses_expire_and_are_few),
        cmocka_unit_test(recovery_codes_are_made_anew),
    };
    return RUN("profile", start, stop);
}
