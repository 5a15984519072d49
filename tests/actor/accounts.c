#include "tests/actor/accounts.h"

#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static pid_t auth;
static const char SETTINGS[] = "ZOE_ADMIN_EMAIL=root@example.test ZOE_ADMIN_PASSWORD=correct-horse "
                               "ZOE_REFRESH_GRACE_SECONDS=1 ZOE_SESSION_SECONDS=100000";

void accounts_begin(const char *more) {
    char settings[600];
    snprintf(settings, sizeof settings, "%s %s", SETTINGS, more);
    auth = house_start("zoe-auth", settings);
    house_await("auth", 1);
}

void accounts_end(void) {
    house_stop(auth);
    house_await("auth", 0);
}

int accounts_start(void **state) {
    (void)state;
    house_sql("delete from auth.outbox");
    accounts_begin("");
    return 0;
}

int accounts_stop(void **state) {
    (void)state;
    accounts_end();
    house_sql("delete from auth.outbox");
    return 0;
}

int64_t enrol(const char *email, const char *password) {
    const struct account_reply *reply = ask_ok(
        MSG_auth_register, nobody, &(struct register_ask){.email = email, .password = password, .dialect = "v1"});
    return reply->account->id;
}

struct answer login_with(struct login_ask ask_) {
    ask_.dialect = "v1";
    return ask(MSG_auth_login, nobody, &ask_);
}

struct answer login(const char *email, const char *password) {
    return login_with((struct login_ask){.email = email, .password = password});
}

struct answer refresh(const char *token) {
    return ask(MSG_auth_refresh, nobody, &(struct refresh_ask){.refresh_token = token, .dialect = "v1"});
}

const char *session_of(const char *email, const char *password, int64_t *id) {
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

struct letter posted(const char *kind) {
    return newest_letter(0, kind);
}

int64_t letters(const char *kind) {
    return house_number("select count(*) as value from auth.outbox where message = 401 and "
                        "encode(body, 'escape') like '%%%s%%'",
                        kind);
}

struct answer forgot(const char *email) {
    return ask(MSG_auth_forgot, nobody, &(struct link_wish){.email = email, .dialect = "v1"});
}

struct answer reset(const char *token, const char *password) {
    return ask(MSG_auth_reset, nobody, &(struct reset_ask){.token = token, .password = password, .dialect = "v1"});
}

const char *code_at(const char *secret, int64_t step) {
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

int64_t step_now(void) {
    return time(NULL) / 30;
}
