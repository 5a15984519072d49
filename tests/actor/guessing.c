#include "tests/actor/accounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/node/clock.h"

/* What somebody learns who tries: nothing by time, and soon nothing at all. */

enum { TIMINGS = 200, ROUNDS = 4 };

static int by_time(const void *a, const void *b) {
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return (one > other) - (one < other);
}

/* What a try left to be done in the background is not to meet the next one. */
static int64_t micros(struct answer (*try)(const char *email), const char *email) {
    sleep_ms(4);
    int64_t begun = clock_us();
    try(email);
    return clock_us() - begun;
}

static struct answer guess(const char *email) {
    return login(email, "a wrong password");
}

static struct answer resend(const char *email) {
    return ask(MSG_auth_resend, nobody, &(struct link_wish){.email = email, .dialect = "v1"});
}

/* The known one again, or one more that nobody knows. */
static struct answer enrol_again(const char *email) {
    static unsigned turn;
    char fresh[64];
    snprintf(fresh, sizeof fresh, "fresh%u@timing.test", turn++);
    return ask(
        MSG_auth_register, nobody,
        &(struct register_ask){.email = *email == 't' ? email : fresh, .password = "a fine password", .dialect = "v1"});
}

/* By turns, so that what else the machine does meets both. The chance that a known address takes longer than an unknown
 * one (Mann and Whitney's U): a half when the time tells nothing, whatever its distribution. */
static double chance(struct answer (*try)(const char *email)) {
    int64_t known[TIMINGS], unknown[TIMINGS];
    double longer = 0;
    for (int i = 0; i < TIMINGS; i++) {
        /* Nothing that comes in turns may always meet the same one. */
        bool first = random_u64() & 1;
        if (first)
            known[i] = micros(try, "timing@example.test");
        unknown[i] = micros(try, "gniming@example.test");
        if (!first)
            known[i] = micros(try, "timing@example.test");
    }
    for (int i = 0; i < TIMINGS; i++)
        for (int k = 0; k < TIMINGS; k++)
            longer += known[i] > unknown[k] ? 1 : known[i] == unknown[k] ? 0.5 : 0;
    qsort(known, TIMINGS, sizeof *known, by_time);
    qsort(unknown, TIMINGS, sizeof *unknown, by_time);
    longer /= (double)TIMINGS * TIMINGS;
    print_message("known %lld us, unknown %lld us, %.3f\n", (long long)known[TIMINGS / 2],
                  (long long)unknown[TIMINGS / 2], longer);
    return longer;
}

/* 0.15 beside a half is more than five deviations with 200 tries each. What tells a known address from an unknown one
 * does so every time and to the same side; what the machine does beside us does not. */
static void expect_same_time(const char *what, struct answer (*try)(const char *email)) {
    bool above = false, below = false;
    for (int i = 0; i < ROUNDS; i++) {
        double longer = chance(try);
        above |= longer < 0.65;
        below |= longer > 0.35;
        if (above && below)
            return;
    }
    fail_msg("%s: in %d rounds of %d tries the time told which address is known", what, ROUNDS, TIMINGS);
}

static void time_tells_nothing(void **state) {
    (void)state;
    accounts_end();
    accounts_begin("ZOE_BCRYPT_COST=8");
    enrol("timing@example.test", "a fine password");
    accounts_end();
    accounts_begin("ZOE_BCRYPT_COST=9");
    /* The hash still has the cost that was lower. What is missing is made up in as many calls as the cost was raised;
     * each costs 0.15 ms beside its rounds, which are 35 ms here and 250 ms at the usual cost. */
    expect_same_time("guess a hash of lower cost", guess);
    accounts_end();
    accounts_begin("ZOE_BCRYPT_COST=8");
    expect_same_time("guess", guess);
    expect_same_time("forgot", forgot);
    expect_same_time("resend", resend);
    expect_same_time("enrol_again", enrol_again);
    /* While one account has a hash of another system, all pay for such a one. */
    const char *hash =
        "scrypt:1024:8:1$zPoW2Eh8Zz9ZWVnb$e9416edc4fab277ba46127f71b25a1ce5ac58faf1d4a20cb90189b8f4c3c6a3063c7"
        "1592dc9eaeaeb978d177035ce43e0a68263cfc0d296e69f17d288ef54517";
    struct import_row row = {.email = "foreign@timing.test", .password_hash = hash};
    ask_ok(MSG_auth_import, admin, &(struct import_ask){.rows = {&row, 1}});
    expect_same_time("guess", guess);
    house_sql("update auth.accounts set password = '%s' where email = 'timing@example.test'", hash);
    expect_same_time("guess", guess);
    accounts_end();
    house_sql("delete from auth.outbox");
    house_sql("delete from auth.accounts where email like '%%@timing.test' or email = 'timing@example.test'");
    accounts_begin("");
}

/* Six wrong codes, then even the right one has to wait, wherever it comes from; the password stays open to nobody. */
static void limits_bound_codes(void **state) {
    (void)state;
    struct who who = {enrol("codes@example.test", "a fine password"), ROLE_USER};
    const struct totp_secret *begun = ask_ok(MSG_auth_totp_begin, who, &(struct proof){.password = "a fine password"});
    char secret[33];
    snprintf(secret, sizeof secret, "%s", begun->secret);
    ask_ok(MSG_auth_totp_confirm, who, &(struct code_ask){.code = code_at(secret, step_now() - 1)});
    accounts_end();
    accounts_begin("ZOE_RATE_LIMITS=on");
    struct login_ask with = {.email = "codes@example.test", .password = "a fine password", .code = "000000"};
    for (int i = 0; i < 6; i++)
        expect_code(login_with(with), UNAUTHENTICATED, "totp-refused");
    with.code = code_at(secret, step_now() + 1);
    struct answer answer = login_with(with);
    expect_code(answer, TOO_MANY, "too-many-tries");
    assert_in_range(answer.problem->retry_after, 1, 30);
    accounts_end();
    accounts_begin("");
    with.code = code_at(secret, step_now() + 1);
    expect_status(login_with(with), OK);
}

static void limits_are_settings(void **state) {
    (void)state;
    accounts_end();
    accounts_begin("ZOE_RATE_LIMITS=on ZOE_LIMITS=login-pair=2/40");
    struct login_ask guess = {.email = "set@example.test", .password = "a wrong password", .address = "203.0.113.40"};
    expect_status(login_with(guess), UNAUTHENTICATED);
    expect_status(login_with(guess), UNAUTHENTICATED);
    struct answer answer = login_with(guess);
    expect_code(answer, TOO_MANY, "too-many-tries");
    assert_in_range(answer.problem->retry_after, 31, 40);
    accounts_end();
    accounts_begin("");
}

static void limits_bound_tries(void **state) {
    (void)state;
    enrol("limits@example.test", "a fine password");
    accounts_end();
    accounts_begin("ZOE_RATE_LIMITS=on");
    struct login_ask owner = {.email = "limits@example.test", .password = "a fine password", .address = "198.51.100.1"};
    expect_status(login_with(owner), OK);
    struct login_ask guess = {.email = "limits@example.test", .password = "a wrong password", .address = "203.0.113.5"};
    struct answer answer;
    for (int i = 0; i < 10; i++)
        expect_status(login_with(guess), UNAUTHENTICATED);
    answer = login_with(guess);
    expect_code(answer, TOO_MANY, "too-many-tries");
    assert_in_range(answer.problem->retry_after, 1, 30);
    /* Another spelling is the same account; an unknown account is limited alike. */
    guess.email = "LIMITS@example.test";
    expect_status(login_with(guess), TOO_MANY);
    guess.email = "unknown@example.test";
    for (int i = 0; i < 10; i++)
        expect_status(login_with(guess), UNAUTHENTICATED);
    expect_status(login_with(guess), TOO_MANY);
    /* A stranger with a thousand addresses does not keep the owner out. */
    guess.email = "limits@example.test";
    char address[32];
    size_t refused = 0;
    for (int i = 0; i < 80; i++) {
        snprintf(address, sizeof address, "192.0.2.%d", i);
        guess.address = address;
        refused += login_with(guess).status == TOO_MANY;
    }
    assert_in_range(refused, 20, 40);
    for (int i = 0; i < 30; i++)
        expect_status(login_with(owner), OK);
    /* An IPv6 network is one address. */
    guess.email = "six@example.test";
    for (int i = 0; i < 10; i++) {
        snprintf(address, sizeof address, "2001:db8::%x", i + 1);
        guess.address = address;
        expect_status(login_with(guess), UNAUTHENTICATED);
    }
    guess.address = "2001:db8::ffff";
    expect_status(login_with(guess), TOO_MANY);
    struct link_wish wish = {.email = "limits@example.test", .dialect = "v1", .address = "203.0.113.6"};
    for (int i = 0; i < 3; i++)
        expect_status(ask(MSG_auth_forgot, nobody, &wish), OK);
    expect_status(ask(MSG_auth_forgot, nobody, &wish), TOO_MANY);
    accounts_end();
    accounts_begin("");
}

int guessing_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_tells_nothing),
        cmocka_unit_test(limits_bound_codes),
        cmocka_unit_test(limits_are_settings),
        cmocka_unit_test(limits_bound_tries),
    };
    return RUN("guessing", accounts_start, accounts_stop);
}
