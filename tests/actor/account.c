#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol/node/clock.h"
#include "tests/actor/tests.h"

/* What a person does with an account, and what administrators do with accounts. */

static pid_t auth;
static const char SETTINGS[] = "ZOE_ADMIN_EMAIL=root@example.test ZOE_ADMIN_PASSWORD=correct-horse "
                               "ZOE_REFRESH_GRACE_SECONDS=1 ZOE_SESSION_SECONDS=100000";

static void begin(const char *more) {
    char settings[600];
    snprintf(settings, sizeof settings, "%s %s", SETTINGS, more);
    auth = house_start("zoe-auth", settings);
    house_await("auth", 1);
}

static void end(void) {
    house_stop(auth);
    house_await("auth", 0);
}

static int start(void **state) {
    (void)state;
    house_sql("delete from auth.outbox");
    begin("");
    return 0;
}

static int stop(void **state) {
    (void)state;
    end();
    house_sql("delete from auth.outbox");
    return 0;
}

static int64_t enrol(const char *email, const char *password) {
    const struct account_reply *reply = ask_ok(
        MSG_auth_register, nobody, &(struct register_ask){.email = email, .password = password, .dialect = "v1"});
    return reply->account->id;
}

static struct answer login_with(struct login_ask ask_) {
    ask_.dialect = "v1";
    return ask(MSG_auth_login, nobody, &ask_);
}

static struct answer login(const char *email, const char *password) {
    return login_with((struct login_ask){.email = email, .password = password});
}

static struct answer refresh(const char *token) {
    return ask(MSG_auth_refresh, nobody, &(struct refresh_ask){.refresh_token = token, .dialect = "v1"});
}

/* The refresh token of a fresh session; *id is its number. */
static const char *session_of(const char *email, const char *password, int64_t *id) {
    static char tokens[8][128];
    static unsigned turn;
    char *to = tokens[turn++ % 8];
    struct answer answer = login(email, password);
    expect_status(answer, OK);
    const struct session *session = answer.reply;
    snprintf(to, sizeof tokens[0], "%s", session->refresh_token);
    if (id)
        *id = house_number("select max(id) as value from auth.sessions");
    return to;
}

/* The newest letter of a kind in auth's outbox. */
static struct letter posted(const char *kind) {
    static struct peer *decoder;
    if (!decoder)
        decoder = peer_open("ask");
    struct letter found = {0};
    struct db *db = house_db(NULL);
    struct rows *rows = db_text(db, "select body from auth.outbox where message = 401 order by id desc");
    assert_non_null(rows);
    for (size_t i = 0; i < rows_count(rows) && !found.kind; i++) {
        struct bytes body = rows_bytes(rows, i, "body", decoder->arena);
        zmq_msg_close(&decoder->body);
        zmq_msg_init_size(&decoder->body, body.n);
        memcpy(zmq_msg_data(&decoder->body), body.at, body.n);
        const struct letter *letter = peer_decode(decoder, letter_record());
        if (!strcmp(letter->kind, kind))
            found = *letter;
    }
    rows_free(rows);
    db_close(db);
    return found;
}

static int64_t letters(const char *kind) {
    return house_number("select count(*) as value from auth.outbox where message = 401 and "
                        "encode(body, 'escape') like '%%%s%%'",
                        kind);
}

static struct answer forgot(const char *email) {
    return ask(MSG_auth_forgot, nobody, &(struct link_wish){.email = email, .dialect = "v1"});
}

static struct answer reset(const char *token, const char *password) {
    return ask(MSG_auth_reset, nobody, &(struct reset_ask){.token = token, .password = password, .dialect = "v1"});
}

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
    end();
    begin("ZOE_BCRYPT_COST=5");
    expect_status(login("cost@example.test", "the wrong one"), UNAUTHENTICATED);
    assert_string_equal(house_value("%s", sql), "$2b$04$");
    expect_status(login("cost@example.test", "a fine password"), OK);
    assert_string_equal(house_value("%s", sql), "$2b$05$");
    expect_status(login("cost@example.test", "a fine password"), OK);
    end();
    begin("");
}

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

/* RFC 6238 with the app's eyes: base32 in, six digits out. */
static const char *code_at(const char *secret, int64_t step) {
    static const char letters_[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    static char code[8];
    uint8_t raw[20] = {0}, counter[8], mac[20];
    for (size_t i = 0; i < 32; i++) {
        unsigned five = (unsigned)(strchr(letters_, secret[i]) - letters_);
        for (size_t bit = 0; bit < 5; bit++)
            if (five >> (4 - bit) & 1)
                raw[(i * 5 + bit) / 8] |= (uint8_t)(128 >> (i * 5 + bit) % 8);
    }
    for (int i = 0; i < 8; i++)
        counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
    HMAC(EVP_sha1(), raw, sizeof raw, counter, sizeof counter, mac, NULL);
    const uint8_t *at = mac + (mac[19] & 15);
    snprintf(code, sizeof code, "%06u",
             ((uint32_t)(at[0] & 127) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]) % 1000000);
    return code;
}

static int64_t step_now(void) {
    return time(NULL) / 30;
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
    end();
    begin("ZOE_BCRYPT_COST=8");
    enrol("timing@example.test", "a fine password");
    end();
    begin("ZOE_BCRYPT_COST=9");
    /* The hash still has the cost that was lower. What is missing is made up in as many calls as the cost was raised;
     * each costs 0.15 ms beside its rounds, which are 35 ms here and 250 ms at the usual cost. */
    expect_same_time("guess a hash of lower cost", guess);
    end();
    begin("ZOE_BCRYPT_COST=8");
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
    end();
    house_sql("delete from auth.outbox");
    house_sql("delete from auth.accounts where email like '%%@timing.test' or email = 'timing@example.test'");
    begin("");
}

/* Six wrong codes, then even the right one has to wait, wherever it comes from; the password stays open to nobody. */
static void limits_bound_codes(void **state) {
    (void)state;
    struct who who = {enrol("codes@example.test", "a fine password"), ROLE_USER};
    const struct totp_secret *begun = ask_ok(MSG_auth_totp_begin, who, &(struct proof){.password = "a fine password"});
    char secret[33];
    snprintf(secret, sizeof secret, "%s", begun->secret);
    ask_ok(MSG_auth_totp_confirm, who, &(struct code_ask){.code = code_at(secret, step_now() - 1)});
    end();
    begin("ZOE_RATE_LIMITS=on");
    struct login_ask with = {.email = "codes@example.test", .password = "a fine password", .code = "000000"};
    for (int i = 0; i < 6; i++)
        expect_code(login_with(with), UNAUTHENTICATED, "totp-refused");
    with.code = code_at(secret, step_now() + 1);
    struct answer answer = login_with(with);
    expect_code(answer, TOO_MANY, "too-many-tries");
    assert_in_range(answer.problem->retry_after, 1, 30);
    end();
    begin("");
    with.code = code_at(secret, step_now() + 1);
    expect_status(login_with(with), OK);
}

static void limits_are_settings(void **state) {
    (void)state;
    end();
    begin("ZOE_RATE_LIMITS=on ZOE_LIMITS=login-pair=2/40");
    struct login_ask guess = {.email = "set@example.test", .password = "a wrong password", .address = "203.0.113.40"};
    expect_status(login_with(guess), UNAUTHENTICATED);
    expect_status(login_with(guess), UNAUTHENTICATED);
    struct answer answer = login_with(guess);
    expect_code(answer, TOO_MANY, "too-many-tries");
    assert_in_range(answer.problem->retry_after, 31, 40);
    end();
    begin("");
}

static void limits_bound_tries(void **state) {
    (void)state;
    enrol("limits@example.test", "a fine password");
    end();
    begin("ZOE_RATE_LIMITS=on");
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
    end();
    begin("");
}

static int64_t root(void) {
    return house_number("select id as value from auth.accounts where email = 'root@example.test'");
}

static void administrators_see_accounts(void **state) {
    (void)state;
    struct who who = {root(), ROLE_USER | ROLE_ADMIN};
    int64_t ann = enrol("search.ann@example.test", "a fine password"),
            bea = enrol("search.bea@example.test", "a fine password");
    enrol("search.cem@example.test", "a fine password");
    expect_code(ask(MSG_auth_users, viewer, &(struct person_list_ask){0}), FORBIDDEN, "forbidden");
    const struct person_page *page =
        ask_ok(MSG_auth_users, who, &(struct person_list_ask){.q = "SEARCH.", .limit = 2, .has_limit = true});
    assert_int_equal(page->items.n, 2);
    assert_non_null(page->next);
    assert_string_equal(LIST_AT(page->items, struct person, 0).email, "search.cem@example.test");
    char cursor[64];
    snprintf(cursor, sizeof cursor, "%s", page->next);
    page = ask_ok(MSG_auth_users, who, &(struct person_list_ask){.q = "SEARCH.", .cursor = cursor});
    assert_int_equal(page->items.n, 1);
    assert_null(page->next);
    assert_int_equal(LIST_AT(page->items, struct person, 0).id, ann);
    page = ask_ok(MSG_auth_users, who, &(struct person_list_ask){.role = "admin"});
    assert_int_equal(page->items.n, 1);
    assert_int_equal(LIST_AT(page->items, struct person, 0).roles.n, 2);
    page = ask_ok(MSG_auth_users, who, &(struct person_list_ask){.q = "%"});
    assert_int_equal(page->items.n, 0);
    expect_status(login("search.bea@example.test", "a fine password"), OK);
    const struct person *person = ask_ok(MSG_auth_user, who, &(struct by_id){.id = bea});
    assert_int_equal(person->sessions, 1);
    assert_true(person->has_seen_at);
    assert_false(person->verified || person->suspended || person->two_factor);
    expect_code(ask(MSG_auth_user, who, &(struct by_id){.id = 99999999}), NOT_FOUND, "account-gone");
    expect_code(ask(MSG_auth_user, viewer, &(struct by_id){.id = bea}), FORBIDDEN, "forbidden");
    const struct login_list *list = ask_ok(MSG_auth_user_sessions, who, &(struct by_id){.id = bea});
    assert_int_equal(list->items.n, 1);
}

static void administrators_change_accounts(void **state) {
    (void)state;
    struct who who = {root(), ROLE_USER | ROLE_ADMIN};
    int64_t id = enrol("managed@example.test", "a fine password");
    const char *token = session_of("managed@example.test", "a fine password", NULL);
    struct suspend_ask suspend = {
        .id = id, .suspended = true, .has_suspended = true, .reason = "spam", .address = "10.1.1.1"};
    expect_code(ask(MSG_auth_user_suspend, viewer, &suspend), FORBIDDEN, "forbidden");
    struct ear *ear = ear_open();
    struct bus_event event;
    const struct person *person = ask_ok(MSG_auth_user_suspend, who, &suspend);
    assert_true(person->suspended);
    assert_string_equal(person->suspended_why, "spam");
    assert_true(ear_take(ear, "revoked", &event, 1000));
    expect_code(refresh(token), UNAUTHENTICATED, "refresh-refused");
    expect_status(login("managed@example.test", "a fine password"), UNAUTHENTICATED);
    suspend.suspended = false;
    person = ask_ok(MSG_auth_user_suspend, who, &suspend);
    assert_false(person->suspended);
    token = session_of("managed@example.test", "a fine password", NULL);
    struct role_ask role = {.id = id, .admin = true, .has_admin = true};
    person = ask_ok(MSG_auth_user_role, who, &role);
    assert_int_equal(person->roles.n, 2);
    expect_status(refresh(token), OK);
    /* The rights in tokens go with the sessions. */
    role.admin = false;
    person = ask_ok(MSG_auth_user_role, who, &role);
    assert_int_equal(person->roles.n, 1);
    assert_true(ear_take(ear, "revoked", &event, 1000));
    token = session_of("managed@example.test", "a fine password", NULL);
    struct person_ask one = {.id = id};
    ask_ok(MSG_auth_user_logout, who, &one);
    expect_code(refresh(token), UNAUTHENTICATED, "refresh-refused");
    int64_t before = letters("reset");
    ask_ok(MSG_auth_user_reset, who, &one);
    assert_int_equal(letters("reset"), before + 1);
    ask_ok(MSG_auth_user_delete, who, &one);
    expect_code(ask(MSG_auth_user_delete, who, &one), NOT_FOUND, "account-gone");
    assert_int_equal(house_number("select count(*) as value from auth.accounts where id = %lld", (long long)id), 0);
    /* The last administrator stays. */
    struct who self = who;
    expect_code(ask(MSG_auth_user_delete, self, &(struct person_ask){.id = who.user}), CONFLICT, "last-administrator");
    expect_code(ask(MSG_auth_user_role, self, &(struct role_ask){.id = who.user, .has_admin = true}), CONFLICT,
                "last-administrator");
    suspend.id = who.user;
    suspend.suspended = true;
    expect_code(ask(MSG_auth_user_suspend, self, &suspend), CONFLICT, "last-administrator");
    expect_code(ask(MSG_auth_leave, self, &(struct proof){.password = "correct-horse"}), CONFLICT,
                "last-administrator");
    const struct audit_page *log = ask_ok(MSG_auth_audit, who, &(struct page_ask){.limit = 7, .has_limit = true});
    static const char *const done[] = {"delete", "reset", "logout", "demote", "promote", "unsuspend", "suspend"};
    assert_int_equal(log->items.n, 7);
    for (size_t i = 0; i < 7; i++) {
        const struct audit_entry *entry = &LIST_AT(log->items, struct audit_entry, i);
        assert_string_equal(entry->action, done[i]);
        assert_int_equal(entry->target_id, id);
        assert_string_equal(entry->actor, "root@example.test");
    }
    assert_string_equal(LIST_AT(log->items, struct audit_entry, 6).detail, "spam");
    assert_string_equal(LIST_AT(log->items, struct audit_entry, 6).address, "10.1.1.1");
    expect_code(ask(MSG_auth_audit, viewer, &(struct page_ask){0}), FORBIDDEN, "forbidden");
    ear_close(ear);
}

/* Two administrators who demote each other at once: one stays. */
static void one_administrator_stays(void **state) {
    (void)state;
    int64_t other = enrol("second.admin@example.test", "a fine password"), first = root();
    ask_ok(MSG_auth_user_role, (struct who){first, ROLE_ADMIN},
           &(struct role_ask){.id = other, .admin = true, .has_admin = true});
    struct peer *peer = peer_open("ask");
    for (uint64_t i = 1; i <= 2; i++)
        peer_send(peer,
                  (struct header){.kind = KIND_ASK,
                                  .message = MSG_auth_user_role,
                                  .remaining_ms = PATIENCE_MS,
                                  .key = {peer->edge, i},
                                  .user = i == 1 ? first : other,
                                  .roles = ROLE_ADMIN},
                  role_ask_record(), &(struct role_ask){.id = i == 1 ? other : first, .has_admin = true});
    size_t good = 0;
    for (int i = 0; i < 2; i++) {
        assert_true(peer_take(peer, PATIENCE_MS));
        good += peer->header.status == OK;
    }
    assert_int_equal(good, 1);
    assert_int_equal(house_number("select count(*) as value from auth.accounts where roles & 2 <> 0"), 1);
    house_sql("update auth.accounts set roles = 3 where id = %lld", (long long)first);
    house_sql("update auth.accounts set roles = 1 where id = %lld", (long long)other);
    peer_close(peer);
}

static void leaving_takes_everything_along(void **state) {
    (void)state;
    pid_t history = house_start("zoe-history", NULL), mail = house_start("zoe-mail", NULL);
    house_await("history", 1);
    house_await("mail", 1);
    int64_t id = enrol("leaver@example.test", "a fine password");
    struct who who = {id, ROLE_USER};
    const char *token = session_of("leaver@example.test", "a fine password", NULL);
    house_sql("delete from history.progress where account_id = %lld", (long long)id);
    ask_ok(MSG_history_record, who, &(struct progress_ask){.title_id = 77, .position = 12});
    const struct account_export *mine = ask_ok(MSG_auth_export, who, NULL);
    assert_string_equal(mine->account->email, "leaver@example.test");
    assert_int_equal(mine->sessions.n, 1);
    const struct history_export *watched = ask_ok(MSG_history_export, who, NULL);
    assert_int_equal(watched->items.n, 1);
    assert_true(LIST_AT(watched->items, struct history_item, 0).position == 12);
    expect_code(ask(MSG_auth_export, nobody, NULL), UNAUTHENTICATED, "unauthenticated");
    expect_code(ask(MSG_history_export, nobody, NULL), UNAUTHENTICATED, "unauthenticated");
    AWAIT(house_number("select count(*) as value from mail.letters where account_id = %lld", (long long)id) == 1);
    expect_code(ask(MSG_auth_leave, who, &(struct proof){.password = "wrong"}), FORBIDDEN, "wrong-password");
    expect_status(ask(MSG_auth_leave, who, &(struct proof){.password = "a fine password"}), OK);
    expect_code(refresh(token), UNAUTHENTICATED, "refresh-refused");
    AWAIT(house_number("select count(*) as value from mail.letters where account_id = %lld", (long long)id) == 0);
    AWAIT(house_number("select count(*) as value from history.progress where account_id = %lld", (long long)id) == 0);
    AWAIT(house_number("select count(*) as value from auth.outbox") == 0);
    /* A letter that comes late is not taken. */
    struct letter late = {.kind = "password-changed",
                          .to = "leaver@example.test",
                          .account_id = id,
                          .has_account_id = true,
                          .dialect = "v1",
                          .event = "late"};
    expect_status(ask(MSG_mail_queue, service, &late), OK);
    assert_int_equal(house_number("select count(*) as value from mail.letters where event = 'late'"), 0);
    struct account_ref ref = {.account_id = id};
    expect_code(ask(MSG_history_forget_account, admin, &ref), FORBIDDEN, "forbidden");
    expect_code(ask(MSG_mail_forget_account, admin, &ref), FORBIDDEN, "forbidden");
    expect_status(ask(MSG_history_forget_account, service, &ref), OK);
    expect_status(ask(MSG_mail_forget_account, service, &ref), OK);
    /* The address is free again. */
    assert_true(enrol("leaver@example.test", "a fine password") > id);
    AWAIT(house_number("select count(*) as value from auth.outbox") == 0);
    house_stop(history);
    house_stop(mail);
    house_await("mail", 0);
}

static void keys_are_rotated(void **state) {
    (void)state;
    struct who who = {root(), ROLE_USER | ROLE_ADMIN};
    const char *token = session_of("root@example.test", "correct-horse", NULL);
    expect_code(ask(MSG_auth_keys_rotate, viewer, NULL), FORBIDDEN, "forbidden");
    const struct public_key *fresh = ask_ok(MSG_auth_keys_rotate, who, NULL);
    char kid[65], mark[100];
    snprintf(kid, sizeof kid, "%s", fresh->kid);
    assert_null(strstr(fresh->pem, "PRIVATE"));
    const struct jwks *jwks = ask_ok(MSG_auth_jwks, nobody, NULL);
    assert_int_equal(jwks->keys.n, 2);
    assert_string_equal(LIST_AT(jwks->keys, struct jwk, 0).kid, kid);
    assert_string_equal(LIST_AT(jwks->keys, struct jwk, 0).crv, "P-256");
    assert_int_equal(strlen(LIST_AT(jwks->keys, struct jwk, 1).y), 43);
    assert_string_not_equal(LIST_AT(jwks->keys, struct jwk, 0).x, LIST_AT(jwks->keys, struct jwk, 1).x);
    const struct keys_reply *keys = ask_ok(MSG_auth_keys, nobody, NULL);
    assert_int_equal(keys->keys.n, 2);
    /* Nobody is logged out. */
    expect_status(refresh(token), OK);
    /* {"alg":"ES256","kid":"..." in base64url, as far as whole groups of three go. */
    uint8_t header[100];
    int n = snprintf((char *)header, sizeof header, "{\"alg\":\"ES256\",\"kid\":\"%s\"", kid);
    static const char letters_[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t at = 0;
    for (int i = 0; i + 2 < n; i += 3) {
        unsigned three = (unsigned)header[i] << 16 | (unsigned)header[i + 1] << 8 | header[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            mark[at++] = letters_[three >> shift & 63];
    }
    mark[at] = 0;
    for (int64_t until = now_ms() + PATIENCE_MS;; sleep_ms(200)) {
        const struct session *session = login("root@example.test", "correct-horse").reply;
        assert_non_null(session);
        if (!strncmp(session->access_token, mark, at))
            break;
        assert_true(now_ms() < until);
    }
}

int account_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(common_passwords_are_refused),
        cmocka_unit_test(addresses_have_one_spelling),
        cmocka_unit_test(registrations_race),
        cmocka_unit_test(a_known_address_is_not_told),
        cmocka_unit_test(a_forgotten_password),
        cmocka_unit_test(an_activation_is_sent_again),
        cmocka_unit_test(a_password_is_changed),
        cmocka_unit_test(a_higher_cost_makes_a_new_hash),
        cmocka_unit_test(sessions_are_listed_and_ended),
        cmocka_unit_test(a_session_ends_at_last),
        cmocka_unit_test(a_new_place_is_told),
        cmocka_unit_test(a_second_factor),
        cmocka_unit_test(a_code_is_taken_once),
        cmocka_unit_test(limits_bound_codes),
        cmocka_unit_test(limits_are_settings),
        cmocka_unit_test(limits_bound_tries),
        cmocka_unit_test(time_tells_nothing),
        cmocka_unit_test(administrators_see_accounts),
        cmocka_unit_test(administrators_change_accounts),
        cmocka_unit_test(one_administrator_stays),
        cmocka_unit_test(leaving_takes_everything_along),
        cmocka_unit_test(keys_are_rotated),
    };
    return RUN("account", start, stop);
}
