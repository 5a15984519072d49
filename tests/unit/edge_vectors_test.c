#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_edge/token.h"
#include "tests/unit/edge_test.h"
#include "tests/unit/jws.h"
#include "tests/unit/unit.h"

/* The published attacks on tokens against the real check, when they lie beside the checkout. */

static json_t *vectors(const char *name) {
    char path[1000];
    const char *root = getenv("ZOE_CORPUS");
    snprintf(path, sizeof path, "%s/E_vectors/jwt/%s", root && *root ? root : "../shared/corpus", name);
    return json_load_file(path, JSON_ALLOW_NUL, NULL);
}

/* Lenient, as attackers are: bytes, or -1. `to` has room for n + 3. */
static int decode(const char *from, size_t n, uint8_t *to) {
    char *padded = malloc(n + 5);
    assert_non_null(padded);
    for (size_t i = 0; i < n; i++)
        padded[i] = from[i] == '-' ? '+' : from[i] == '_' ? '/' : from[i];
    size_t whole = n;
    while (whole % 4)
        padded[whole++] = '=';
    padded[whole] = 0;
    int bytes = whole ? EVP_DecodeBlock(to, (const uint8_t *)padded, (int)whole) : 0;
    free(padded);
    return bytes < 0 ? -1 : bytes - (int)(whole - n);
}

/* What the edge does with a bearer, for a ring of one key named k1. */
static bool opens(const char *text, size_t n, enum token_algorithm algorithm, const char *pem, const char *secret,
                  int64_t now) {
    struct token token;
    const char *why;
    if (token_read(TOKEN_ACCESS, text, n, &token, &why) || strcmp(token.kid, "k1") != 0 || token.algorithm != algorithm)
        return false;
    bool good = algorithm == TOKEN_ES256 ? token_signed(text, n, pem)
                                         : token_signed_hmac(text, n, (const uint8_t *)secret, strlen(secret));
    return good && token_current(&token, now, 0) && !strcmp(token.audience, "v1");
}

static void mac(const char *secret, const char *text, size_t n, uint8_t to[32]) {
    HMAC(EVP_sha256(), secret, (int)strlen(secret), (const uint8_t *)text, n, to, NULL);
}

/* A sample that its own secret signs, as a token of ours: its header and claims as they are, with what we ask for
 * added. Empty when it is no such sample. */
static void translate(const char *sample, const char *secret, char *to, size_t size) {
    uint8_t header[6000], claims[6000], sum[32];
    char inner[8000], outer[8000], right[64];
    *to = 0;
    const char *first = strchr(sample, '.'), *second = first ? strchr(first + 1, '.') : NULL;
    if (!second || second - sample > 5000)
        return;
    int h = decode(sample, (size_t)(first - sample), header);
    int c = decode(first + 1, (size_t)(second - first - 1), claims);
    mac(secret, sample, (size_t)(second - sample), sum);
    base64url(sum, sizeof sum, right);
    if (strcmp(second + 1, right) != 0 || h < 1 || c < 1 || header[0] != '{' || claims[0] != '{')
        return;
    header[h] = claims[c] = 0;
    bool foreign = strstr((char *)claims, "\"iss\"") != NULL;
    for (char *at; (at = strstr((char *)claims, "\"videoback\""));)
        memcpy(at, !strncmp(at - 6, "\"iss\"", 5) ? "\"zoetrope\" " : "\"v1\"       ", 11);
    int o = snprintf(outer, sizeof outer, "{%s%s", strstr((char *)header, "\"kid\"") ? "" : "\"kid\":\"k1\",",
                     (char *)header + 1);
    int i = snprintf(inner, sizeof inner, "{\"use\":\"access\",\"sid\":7,\"roles\":3,%s%s",
                     foreign ? "" : "\"iss\":\"zoetrope\",\"aud\":\"v1\",\"iat\":1799999940,", (char *)claims + 1);
    if ((size_t)(o + i) * 4 / 3 + 100 > size || (size_t)o >= sizeof outer || (size_t)i >= sizeof inner)
        return;
    size_t n = base64url(outer, (size_t)o, to);
    to[n++] = '.';
    n += base64url(inner, (size_t)i, to + n);
    mac(secret, to, n, sum);
    to[n++] = '.';
    base64url(sum, 32, to + n);
}

/* Legal for others, and never written by us: we ask for less, so we refuse more. */
static bool stricter(const char *name) {
    return !strcmp(name, "exp_fraction_future") || !strcmp(name, "aud_array_ok") || !strcmp(name, "exp_1e18");
}

static void attacks_are_refused(void **state) {
    (void)state;
    json_t *file = vectors("jwt-attack-samples.json"), *test;
    if (!file)
        skip();
    const char *secret = json_string_value(json_object_get(file, "hs256_secret"));
    const char *pem = json_string_value(json_object_get(file, "rsa_public_pem"));
    int64_t now = json_integer_value(json_object_get(file, "now"));
    size_t i, seen = 0, translated = 0, opened = 0;
    char ours[12000];
    json_array_foreach(json_object_get(file, "tests"), i, test) {
        const char *name = json_string_value(json_object_get(test, "name"));
        const char *expect = json_string_value(json_object_get(test, "expect"));
        json_t *text = json_object_get(test, "token");
        seen++;
        /* As it is: nobody else's token opens anything, under the right secret or with the public key as the secret. */
        if (opens(json_string_value(text), json_string_length(text), TOKEN_HS256, NULL, secret, now) ||
            opens(json_string_value(text), json_string_length(text), TOKEN_HS256, NULL, pem, now) ||
            opens(json_string_value(text), json_string_length(text), TOKEN_ES256, pem, NULL, now))
            fail_msg("%s opens", name);
        if (strlen(json_string_value(text)) != json_string_length(text))
            continue;
        translate(json_string_value(text), secret, ours, sizeof ours);
        if (!*ours)
            continue;
        translated++;
        bool opening = opens(ours, strlen(ours), TOKEN_HS256, NULL, secret, now);
        opened += opening;
        if (opening != (!strcmp(expect, "accept") && !stricter(name)))
            fail_msg("%s: %s, and as a token of ours it %s", name, expect, opening ? "opens" : "does not open");
        assert_false(opens(ours, strlen(ours), TOKEN_ES256, pem, NULL, now));
    }
    assert_true(seen > 80);
    assert_true(translated > 30);
    assert_true(opened > 0);
    json_decref(file);
}

static EVP_PKEY *import_key(const json_t *jwk) {
    uint8_t point[70] = {4}, d[40];
    static const char *const names[] = {"x", "y"};
    for (int i = 0; i < 2; i++) {
        const char *text = json_string_value(json_object_get(jwk, names[i]));
        if (!text || decode(text, strlen(text), point + 1 + 32 * i) != 32)
            return NULL;
    }
    const char *text = json_string_value(json_object_get(jwk, "d"));
    BIGNUM *number = text && decode(text, strlen(text), d) == 32 ? BN_bin2bn(d, 32, NULL) : NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 65);
    if (number)
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, number);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;
    EVP_PKEY_fromdata_init(context);
    EVP_PKEY_fromdata(context, &key, number ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(number);
    return key;
}

static void write_pem(EVP_PKEY *key, char *to, size_t size) {
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(bio, key);
    int n = BIO_read(bio, to, (int)size - 1);
    to[n > 0 ? n : 0] = 0;
    BIO_free(bio);
}

static const char unsigned_part[] = "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JWT\"}";
static const char claims[] = "{\"iss\":\"zoetrope\",\"use\":\"access\",\"aud\":\"v1\",\"sub\":\"42\",\"sid\":7,"
                             "\"roles\":3,\"iat\":100,\"exp\":200}";

static size_t unsigned_token(char *to) {
    size_t n = base64url(unsigned_part, strlen(unsigned_part), to);
    to[n++] = '.';
    n += base64url(claims, strlen(claims), to + n);
    to[n++] = '.';
    return n;
}

/* The signatures of a suite's group behind a token of ours; how many were tried. */
static size_t try_group(const json_t *group) {
    char token[3000], pem[1000];
    uint8_t raw[64];
    size_t n = unsigned_token(token), i, tried = 0;
    json_t *test;
    const json_t *private = json_object_get(group, "private");
    EVP_PKEY *key = import_key(private ? private : json_object_get(group, "public"));
    assert_non_null(key);
    write_pem(key, pem, sizeof pem);
    assert_true(token_key_usable(pem));
    if (json_object_get(private, "d")) {
        sign(key, token, n - 1, raw);
        base64url(raw, 64, token + n);
        assert_true(opens(token, strlen(token), TOKEN_ES256, pem, NULL, 150));
    }
    json_array_foreach(json_object_get(group, "tests"), i, test) {
        const char *jws = json_string_value(json_object_get(test, "jws"));
        const char *signature = jws ? strrchr(jws, '.') : NULL;
        if (!signature || strlen(signature) > 2000)
            continue;
        strcpy(token + n, signature + 1);
        if (opens(token, strlen(token), TOKEN_ES256, pem, NULL, 150) ||
            opens(jws, strlen(jws), TOKEN_ES256, pem, NULL, 150))
            fail_msg("%s opens", json_string_value(json_object_get(test, "comment")));
        tried++;
    }
    EVP_PKEY_free(key);
    return tried;
}

static void signatures_of_the_suite_are_refused(void **state) {
    (void)state;
    json_t *file = vectors("wycheproof/json_web_signature_test.json"), *group;
    if (!file)
        skip();
    size_t i, tried = 0;
    json_array_foreach(json_object_get(file, "testGroups"), i, group) {
        const json_t *public = json_object_get(group, "public");
        const char *algorithm = json_string_value(json_object_get(public, "alg"));
        if (algorithm && !strcmp(algorithm, "ES256"))
            tried += try_group(group);
    }
    assert_true(tried > 30);
    json_decref(file);
}

int edge_vectors_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attacks_are_refused),
        cmocka_unit_test(signatures_of_the_suite_are_refused),
    };
    return cmocka_run_group_tests_name("edge: published attacks on tokens", tests, NULL, NULL);
}
