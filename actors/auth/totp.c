#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "actors/auth/auth.h"
#include "protocol/node/clock.h"

enum {
    PERIOD_SECONDS = 30,
    DIGITS = 6,
    RECOVERY_CODES = 10,
    RECOVERY_LETTERS = 25,
    RECOVERY_TEXT = RECOVERY_LETTERS + 5
};

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void base32(const uint8_t *raw, size_t letters_n, char *to) {
    for (size_t i = 0; i < letters_n; i++) {
        size_t bit = i * 5;
        unsigned pair = (unsigned)raw[bit / 8] << 8 | (bit % 8 > 3 ? raw[bit / 8 + 1] : 0);
        to[i] = letters[pair >> (11 - bit % 8) & 31];
    }
    to[letters_n] = 0;
}

/* RFC 4226, 5.3. */
static void hotp(const uint8_t secret[TOTP_SECRET_BYTES], int64_t step, char to[DIGITS + 1]) {
    uint8_t counter[8], mac[EVP_MAX_MD_SIZE];
    for (int i = 0; i < 8; i++)
        counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
    if (!HMAC(EVP_sha1(), secret, TOTP_SECRET_BYTES, counter, sizeof counter, mac, NULL))
        memset(mac, 0, sizeof mac);
    const uint8_t *at = mac + (mac[19] & 15);
    uint32_t number = (uint32_t)(at[0] & 127) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    snprintf(to, DIGITS + 1, "%06u", number % 1000000);
}

int64_t totp_step(const uint8_t secret[TOTP_SECRET_BYTES], const char *code) {
    int64_t now = clock_wall_ms() / 1000 / PERIOD_SECONDS, found = 0;
    char right[DIGITS + 1];
    if (strlen(code) != DIGITS)
        return 0;
    for (int64_t step = now - 1; step <= now + 1; step++) {
        hotp(secret, step, right);
        if (!CRYPTO_memcmp(right, code, DIGITS))
            found = step;
    }
    return found;
}

/* Letters and digits of a code as it was typed; "" when there are too many. */
static void clean(const char *code, char to[RECOVERY_LETTERS + 1]) {
    size_t n = 0;
    for (const char *c = code; *c && n <= RECOVERY_LETTERS; c++) {
        char letter = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
        if (letter == ' ' || letter == '-')
            continue;
        if (n < RECOVERY_LETTERS)
            to[n] = letter;
        n++;
    }
    to[n > RECOVERY_LETTERS ? 0 : n] = 0;
}

static enum status refuse(struct call *call) {
    return call_refuse(call, UNAUTHENTICATED, "totp-refused", "This code is not valid (any more).");
}

static enum status taken(struct call *call, struct rows *rows) {
    bool good = rows && rows_count(rows);
    rows_free(rows);
    return call->status != OK ? call->status : good ? OK : refuse(call);
}

/* Of two that come with one code at once, the row lets one through. */
static enum status take_totp(struct call *call, int64_t account_id, const char *code) {
    struct rows *rows = call_run(call, Q_account_secret, ARGS(ARG_INT("user", account_id)));
    if (!rows)
        return call->status;
    struct bytes secret = rows_count(rows) ? rows_bytes(rows, 0, "totp_secret", call->arena) : (struct bytes){0};
    rows_free(rows);
    int64_t step = secret.n == TOTP_SECRET_BYTES ? totp_step(secret.at, code) : 0;
    if (!step)
        return refuse(call);
    return taken(call, call_run(call, Q_totp_take, ARGS(ARG_INT("step", step), ARG_INT("account_id", account_id))));
}

enum status second_factor(struct call *call, int64_t account_id, const char *code) {
    char typed[RECOVERY_LETTERS + 1], name[24];
    uint8_t digest[DIGEST_BYTES];
    if (!code || !*code)
        return call_refuse(
            call, UNAUTHENTICATED, "totp-required",
            "This account has a second factor: send the code of its app as `code` too, as POST /v1/login takes it.");
    snprintf(name, sizeof name, "%lld", (long long)account_id);
    if (limit_take(call, LIMIT_CODE, "code", name) != OK)
        return call->status;
    clean(code, typed);
    enum status status;
    if (strlen(typed) == RECOVERY_LETTERS) {
        token_digest(typed, digest);
        status =
            taken(call, call_run(call, Q_recovery_take,
                                 ARGS(ARG_INT("account_id", account_id), ARG_BYTES("hash", digest, DIGEST_BYTES))));
    } else
        status = take_totp(call, account_id, typed);
    if (status == OK)
        limit_give_back(LIMIT_CODE, "code", name);
    return status;
}

const char *recovery_new(struct arena *arena, uint8_t digest[DIGEST_BYTES]) {
    uint8_t raw[16];
    char plain[RECOVERY_LETTERS + 1], text[RECOVERY_TEXT];
    random_bytes(raw, sizeof raw);
    base32(raw, RECOVERY_LETTERS, plain);
    token_digest(plain, digest);
    snprintf(text, sizeof text, "%.5s-%.5s-%.5s-%.5s-%.5s", plain, plain + 5, plain + 10, plain + 15, plain + 20);
    return arena_text(arena, text);
}

enum status recovery_replace(struct call *call) {
    struct recovery_codes *reply = call->reply;
    const char **codes = arena_alloc(call->arena, RECOVERY_CODES * sizeof *codes);
    uint8_t digest[DIGEST_BYTES];
    if (!codes)
        return INTERNAL;
    if (call_do(call, Q_recovery_drop, ARGS(ARG_INT("account_id", call->header.user))) != OK)
        return call->status;
    for (size_t i = 0; i < RECOVERY_CODES; i++) {
        if (!(codes[i] = recovery_new(call->arena, digest)))
            return INTERNAL;
        if (call_do(call, Q_recovery_add,
                    ARGS(ARG_INT("account_id", call->header.user), ARG_BYTES("hash", digest, DIGEST_BYTES))) != OK)
            return call->status;
    }
    reply->codes = (struct list){codes, RECOVERY_CODES};
    return OK;
}
