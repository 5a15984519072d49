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

int profile_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_changed),
        cmocka_unit_test(a_picture_is_changed),
    };
    return RUN("profile", start, stop);
}
