#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_edge/token.h"
#include "tests/unit/edge_test.h"
#include "tests/unit/jws.h"
#include "tests/unit/unit.h"

static const char header[] = "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JWT\"}";
static const char claims[] = "{\"iss\":\"zoetrope\",\"use\":\"access\",\"aud\":\"v1\",\"sub\":\"42\",\"sid\":7,"
                             "\"roles\":3,\"iat\":100,\"exp\":200}";
static EVP_PKEY *key;

static void make(char *to, const char *head, const char *body) {
    uint8_t raw[64];
    size_t n = base64url(head, strlen(head), to);
    to[n++] = '.';
    n += base64url(body, strlen(body), to + n);
    sign(key, to, n, raw);
    to[n++] = '.';
    base64url(raw, 64, to + n);
}

static void public_pem(char *to, size_t size) {
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(bio, key);
    int n = BIO_read(bio, to, (int)size - 1);
    to[n] = 0;
    BIO_free(bio);
}

static int open_key(void **state) {
    (void)state;
    return (key = EVP_EC_gen("P-256")) ? 0 : -1;
}

static int close_key(void **state) {
    (void)state;
    EVP_PKEY_free(key);
    return 0;
}

static int read(const char *text, struct token *token) {
    const char *why;
    return token_read(TOKEN_ACCESS, text, strlen(text), token, &why);
}

static void good_tokens_are_read(void **state) {
    (void)state;
    char text[2000], pem[1000], other[1000];
    struct token token;
    make(text, header, claims);
    assert_int_equal(read(text, &token), 0);
    assert_string_equal(token.kid, "k1");
    assert_string_equal(token.audience, "v1");
    assert_int_equal(token.user, 42);
    assert_int_equal(token.session, 7);
    assert_int_equal(token.roles, 3);
    public_pem(pem, sizeof pem);
    assert_true(token_key_usable(pem));
    assert_true(token_signed(text, strlen(text), pem));
    EVP_PKEY *ours = key;
    key = EVP_EC_gen("P-256");
    public_pem(other, sizeof other);
    EVP_PKEY_free(key);
    key = ours;
    assert_false(token_signed(text, strlen(text), other));
    /* The public key as an HMAC secret is the classic confusion. */
    assert_false(token_signed_hmac(text, strlen(text), (const uint8_t *)pem, strlen(pem)));
    text[strlen(header) + 10] ^= 1;
    assert_false(token_signed(text, strlen(text), pem));
    assert_false(token_key_usable("-----BEGIN PUBLIC KEY-----\n"));
}

/* The header only says what it wants: the caller compares it with what the key is for. */
static void the_algorithm_is_told_apart(void **state) {
    (void)state;
    static const uint8_t secret[32] = "0123456789abcdef0123456789abcde";
    char text[2000], pem[1000];
    uint8_t sum[32];
    struct token token;
    make(text, header, claims);
    assert_int_equal(read(text, &token), 0);
    assert_int_equal(token.algorithm, TOKEN_ES256);
    make(text, "{\"alg\":\"HS256\",\"kid\":\"k1\",\"typ\":\"JWT\"}", claims);
    assert_int_equal(read(text, &token), 0);
    assert_int_equal(token.algorithm, TOKEN_HS256);
    size_t n = (size_t)(strrchr(text, '.') - text);
    HMAC(EVP_sha256(), secret, sizeof secret, (const uint8_t *)text, n, sum, NULL);
    base64url(sum, sizeof sum, text + n + 1);
    assert_int_equal(read(text, &token), 0);
    assert_true(token_signed_hmac(text, strlen(text), secret, sizeof secret));
    /* An HS256 token is never good for a public key, not even with that key as its secret. */
    public_pem(pem, sizeof pem);
    assert_false(token_signed(text, strlen(text), pem));
    HMAC(EVP_sha256(), pem, (int)strlen(pem), (const uint8_t *)text, n, sum, NULL);
    base64url(sum, sizeof sum, text + n + 1);
    assert_false(token_signed(text, strlen(text), pem));
}

static void wrong_claims_are_refused(void **state) {
    (void)state;
    static const char *const heads[] = {
        "{\"alg\":\"none\",\"kid\":\"k1\",\"typ\":\"JWT\"}",
        "{\"alg\":\"HS384\",\"kid\":\"k1\",\"typ\":\"JWT\"}",
        "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"JWT\"}",
        "{\"alg\":\"es256\",\"kid\":\"k1\",\"typ\":\"JWT\"}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"play+jwt\"}",
        "{\"alg\":\"ES256\",\"typ\":\"JWT\"}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JWT\",\"crit\":[\"x\"]}",
        "{\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JWT\"}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JWT\",\"jku\":\"http://127.0.0.1/\"}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JWT\",\"zip\":\"DEF\"}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JWT\",\"jwk\":{}}",
        "[\"ES256\"]",
    };
    static const char *const bodies[] = {
        "{}",
        "{\"iss\":\"zoetrope\",\"aud\":\"v1\",\"sub\":\"42\",\"sid\":7,\"roles\":3,\"iat\":100,\"exp\":200}",
        "{\"iss\":\"zoetrope\",\"use\":\"play\",\"aud\":\"v1\",\"sub\":\"42\",\"sid\":7,\"roles\":3,\"iat\":100,"
        "\"exp\":200}",
        "{\"iss\":\"else\",\"aud\":\"v1\",\"sub\":\"42\",\"sid\":7,\"roles\":3,\"iat\":100,\"exp\":200}",
        "{\"iss\":\"zoetrope\",\"use\":\"access\",\"aud\":[\"v1\"],\"sub\":\"42\",\"sid\":7,\"roles\":3,\"iat\":100,"
        "\"exp\":200}",
        "{\"iss\":\"zoetrope\",\"use\":\"access\",\"aud\":\"v1\",\"sub\":42,\"sid\":7,\"roles\":3,\"iat\":100,\"exp\":"
        "200}",
        "{\"iss\":\"zoetrope\",\"use\":\"access\",\"aud\":\"v1\",\"sub\":\"-1\",\"sid\":7,\"roles\":3,\"iat\":100,"
        "\"exp\":200}",
        "{\"iss\":\"zoetrope\",\"use\":\"access\",\"aud\":\"v1\",\"sub\":\"042\",\"sid\":7,\"roles\":3,\"iat\":100,"
        "\"exp\":200}",
        "{\"iss\":\"zoetrope\",\"use\":\"access\",\"aud\":\"v1\",\"sub\":\"42\",\"roles\":3,\"iat\":100,\"exp\":200}",
        "{\"iss\":\"zoetrope\",\"use\":\"access\",\"aud\":\"v1\",\"sub\":\"42\",\"sid\":7,\"roles\":-1,\"iat\":100,"
        "\"exp\":200}",
        "{\"iss\":\"zoetrope\",\"use\":\"access\",\"aud\":\"v1\",\"sub\":\"42\",\"sid\":7,\"roles\":3,\"iat\":100}",
        "{\"iss\":\"zoetrope\",\"use\":\"access\",\"aud\":\"v1\",\"sub\":\"42\",\"sid\":7,\"roles\":3,\"iat\":100,"
        "\"exp\":\"200\"}",
        "{\"iss\":\"zoetrope\",\"use\":\"access\",\"aud\":\"v1\",\"sub\":\"42\",\"sid\":7,\"roles\":3,\"iat\":100,"
        "\"exp\":200.5}",
        "{\"iss\":\"zoetrope\",\"use\":\"access\",\"aud\":\"v1\",\"sub\":\"42\",\"sub\":\"1\",\"sid\":7,\"roles\":3,"
        "\"iat\":100,\"exp\":"
        "200}",
        "{\"iss\":\"zoetrope\",\"use\":\"access\",\"aud\":\"v1\",\"sub\":\"42\",\"sid\":7,\"roles\":3,\"iat\":100,"
        "\"exp\":200,\"nbf\":"
        "\"x\"}",
    };
    char text[2000];
    struct token token;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        make(text, heads[i], claims);
        assert_int_equal(read(text, &token), -1);
    }
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        make(text, header, bodies[i]);
        assert_int_equal(read(text, &token), -1);
    }
}

static void only_canonical_forms_are_read(void **state) {
    (void)state;
    char text[2000], changed[2100];
    struct token token;
    make(text, header, claims);
    size_t n = strlen(text);
    snprintf(changed, sizeof changed, "%s=", text);
    assert_int_equal(read(changed, &token), -1);
    snprintf(changed, sizeof changed, "%s.", text);
    assert_int_equal(read(changed, &token), -1);
    snprintf(changed, sizeof changed, "%s x", text);
    assert_int_equal(read(changed, &token), -1);
    snprintf(changed, sizeof changed, "%.*s", (int)(strrchr(text, '.') - text), text);
    assert_int_equal(read(changed, &token), -1);
    /* 64 bytes end in a letter of which only two bits count: the other fifteen are the same bytes, and are refused. */
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t last = (size_t)(strchr(letters, text[n - 1]) - letters);
    strcpy(changed, text);
    changed[n - 1] = letters[last ^ 1];
    assert_int_equal(read(changed, &token), -1);
    assert_int_equal(read("", &token), -1);
    assert_int_equal(read("..", &token), -1);
}

static void playback_tokens_come_back(void **state) {
    (void)state;
    static const uint8_t secret[32] = "0123456789abcdef0123456789abcde", other[32] = "x";
    char text[1200], access[2000];
    const char *why;
    struct token token, made = {.user = 5, .session = 6, .title = 7, .asset = "7-ab12", .issued = 100, .expires = 200};
    assert_int_equal(token_write_play(TOKEN_PLAY, &made, secret, 32, text, sizeof text), 0);
    assert_int_equal(token_read(TOKEN_PLAY, text, strlen(text), &token, &why), 0);
    assert_true(token_signed_hmac(text, strlen(text), secret, 32));
    assert_false(token_signed_hmac(text, strlen(text), other, 32));
    assert_string_equal(token.asset, "7-ab12");
    assert_int_equal(token.title, 7);
    assert_true(token_current(&token, 199, 0));
    assert_false(token_current(&token, 200, 0));
    assert_false(token_current(&token, 50, 30));
    made.user = 0; /* a stranger plays too */
    assert_int_equal(token_write_play(TOKEN_PLAY, &made, secret, 32, text, sizeof text), 0);
    assert_int_equal(token_read(TOKEN_PLAY, text, strlen(text), &token, &why), 0);
    assert_int_equal(token.user, 0);
    /* One kind never stands for the other. */
    for (enum token_kind kind = TOKEN_PLAY; kind <= TOKEN_STREAM; kind++) {
        assert_int_equal(token_write_play(kind, &made, secret, 32, text, sizeof text), 0);
        for (enum token_kind as = TOKEN_ACCESS; as <= TOKEN_STREAM; as++)
            assert_int_equal(token_read(as, text, strlen(text), &token, &why), as == kind ? 0 : -1);
        assert_int_equal(token.title, kind == TOKEN_STREAM ? 7 : token.title);
    }
    assert_int_equal(token_read(TOKEN_ACCESS, text, strlen(text), &token, &why), -1);
    make(access, header, claims);
    assert_int_equal(token_read(TOKEN_PLAY, access, strlen(access), &token, &why), -1);
}

int edge_token_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_tokens_are_read),      cmocka_unit_test(the_algorithm_is_told_apart),
        cmocka_unit_test(wrong_claims_are_refused),  cmocka_unit_test(only_canonical_forms_are_read),
        cmocka_unit_test(playback_tokens_come_back),
    };
    return cmocka_run_group_tests_name("edge: token", tests, open_key, close_key);
}
