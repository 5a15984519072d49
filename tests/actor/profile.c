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

int profile_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_changed),
    };
    return RUN("profile", start, stop);
}
