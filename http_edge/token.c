#include "http_edge/token.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const struct {
    const char *alg, *typ;
} kinds[] = {[TOKEN_ACCESS] = {"ES256", "at+jwt"}, [TOKEN_PLAY] = {"HS256", "play+jwt"}};

static int sixtet(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* Canonical only: no padding, no foreign letters, no bits left over. Bytes written, or -1. */
static int64_t decode(const char *from, size_t n, uint8_t *to) {
    uint32_t bits = 0;
    int held = 0;
    size_t wrote = 0;
    if (n % 4 == 1)
        return -1;
    for (size_t i = 0; i < n; i++) {
        int six = sixtet(from[i]);
        if (six < 0)
            return -1;
        bits = bits << 6 | (uint32_t)six;
        held += 6;
        if (held >= 8) {
            held -= 8;
            to[wrote++] = (uint8_t)(bits >> held);
            bits &= (1u << held) - 1;
        }
    }
    return bits ? -1 : (int64_t)wrote;
}

static size_t encode(const uint8_t *from, size_t n, char *to) {
    size_t wrote = 0;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t bits = (uint32_t)from[i] << 16 | (i + 1 < n ? (uint32_t)from[i + 1] << 8 : 0) |
                        (i + 2 < n ? (uint32_t)from[i + 2] : 0);
        size_t count = i + 2 < n ? 4 : i + 1 < n ? 3 : 2;
        for (size_t k = 0; k < count; k++)
            to[wrote++] = letters[bits >> (18 - 6 * k) & 63];
    }
    to[wrote] = 0;
    return wrote;
}

static json_t *part(const char *from, size_t n) {
    uint8_t bytes[TOKEN_BYTES_MAX];
    int64_t got = decode(from, n, bytes);
    if (got <= 0)
        return NULL;
    /* jansson would follow 2048 levels; a token's members are flat, but for foreign ones. */
    int depth = 0;
    for (int64_t i = 0; i < got; i++) {
        depth += bytes[i] == '{' || bytes[i] == '[';
        if (depth > 16)
            return NULL;
    }
    json_t *json = json_loadb((const char *)bytes, (size_t)got, JSON_REJECT_DUPLICATES, NULL);
    if (json && json_is_object(json))
        return json;
    json_decref(json);
    return NULL;
}

static bool text_is(const json_t *object, const char *name, const char *wanted) {
    const char *text = json_string_value(json_object_get(object, name));
    return text && !strcmp(text, wanted);
}

static int copy_text(const json_t *object, const char *name, char *to, size_t size) {
    const char *text = json_string_value(json_object_get(object, name));
    if (!text || !*text || strlen(text) >= size)
        return -1;
    strcpy(to, text);
    return 0;
}

static int copy_number(const json_t *object, const char *name, int64_t *to) {
    const json_t *number = json_object_get(object, name);
    if (!json_is_integer(number) || json_integer_value(number) < 0)
        return -1;
    *to = json_integer_value(number);
    return 0;
}

/* The account's number stands as text; no sign, no leading zero. */
static int copy_subject(const json_t *claims, int64_t *to) {
    const char *text = json_string_value(json_object_get(claims, "sub"));
    size_t n = text ? strlen(text) : 0;
    if (!n || n > 18 || *text == '0' || strspn(text, "0123456789") != n)
        return -1;
    sscanf(text, "%ld", to);
    return 0;
}

static const char *read_header(enum token_kind kind, const json_t *header, struct token *token) {
    if (!text_is(header, "alg", kinds[kind].alg))
        return "algorithm";
    if (!text_is(header, "typ", kinds[kind].typ))
        return "type";
    if (json_object_get(header, "crit"))
        return "critical header";
    if (kind == TOKEN_ACCESS && copy_text(header, "kid", token->kid, sizeof token->kid))
        return "key id";
    return NULL;
}

static const char *read_claims(enum token_kind kind, const json_t *claims, struct token *token) {
    int64_t roles = 0;
    if (!text_is(claims, "iss", "zoetrope"))
        return "issuer";
    if (copy_subject(claims, &token->user) || copy_number(claims, "sid", &token->session))
        return "subject";
    if (copy_number(claims, "exp", &token->expires) || copy_number(claims, "iat", &token->issued))
        return "times";
    if (json_object_get(claims, "nbf") && copy_number(claims, "nbf", &token->not_before))
        return "times";
    if (kind == TOKEN_PLAY)
        return copy_number(claims, "tid", &token->title) || copy_text(claims, "ast", token->asset, sizeof token->asset)
                   ? "title"
                   : NULL;
    if (copy_text(claims, "aud", token->audience, sizeof token->audience))
        return "audience";
    if (copy_number(claims, "roles", &roles) || roles > 0xffff)
        return "roles";
    token->roles = (uint32_t)roles;
    return NULL;
}

int token_read(enum token_kind kind, const char *text, size_t n, struct token *token, const char **why) {
    *token = (struct token){0};
    *why = "form";
    const char *first = memchr(text, '.', n), *end = text + n;
    const char *second = first ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;
    uint8_t signature[TOKEN_BYTES_MAX];
    if (n > TOKEN_BYTES_MAX || !second || decode(second + 1, (size_t)(end - second - 1), signature) < 32)
        return -1;
    json_t *header = part(text, (size_t)(first - text));
    json_t *claims = part(first + 1, (size_t)(second - first - 1));
    if (header && claims) {
        *why = read_header(kind, header, token);
        if (!*why)
            *why = read_claims(kind, claims, token);
    }
    json_decref(header);
    json_decref(claims);
    return *why ? -1 : 0;
}

/* JWS has r and s side by side (RFC 7518, 3.4), OpenSSL wants DER. */
static int to_der(const uint8_t raw[64], uint8_t **der) {
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, 32, NULL), *s = BN_bin2bn(raw + 32, 32, NULL);
    if (!signature || !r || !s || !ECDSA_SIG_set0(signature, r, s)) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(signature);
        return -1;
    }
    int n = i2d_ECDSA_SIG(signature, der);
    ECDSA_SIG_free(signature);
    return n;
}

bool token_signed(const char *text, size_t n, EVP_PKEY *key) {
    const char *dot = memrchr(text, '.', n);
    uint8_t raw[TOKEN_BYTES_MAX], *der = NULL;
    if (!dot || n > TOKEN_BYTES_MAX || decode(dot + 1, (size_t)(text + n - dot - 1), raw) != 64)
        return false;
    int der_bytes = to_der(raw, &der);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && der_bytes > 0 && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerify(context, der, (size_t)der_bytes, (const uint8_t *)text, (size_t)(dot - text)) == 1;
    EVP_MD_CTX_free(context);
    OPENSSL_free(der);
    return good;
}

EVP_PKEY *token_key(const char *pem) {
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    char curve[32] = "";
    BIO_free(bio);
    if (key && EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, curve, sizeof curve, NULL) == 1 &&
        !strcmp(curve, "prime256v1"))
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

bool token_signed_hmac(const char *text, size_t n, const uint8_t *key, size_t key_bytes) {
    const char *dot = memrchr(text, '.', n);
    uint8_t given[TOKEN_BYTES_MAX], made[EVP_MAX_MD_SIZE];
    unsigned made_bytes = 0;
    if (!dot || n > TOKEN_BYTES_MAX || decode(dot + 1, (size_t)(text + n - dot - 1), given) != 32)
        return false;
    return HMAC(EVP_sha256(), key, (int)key_bytes, (const uint8_t *)text, (size_t)(dot - text), made, &made_bytes) &&
           made_bytes == 32 && !CRYPTO_memcmp(given, made, 32);
}

int token_write_play(const struct token *token, const uint8_t *key, size_t key_bytes, char *to, size_t size) {
    static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"play+jwt\"}";
    char claims[400];
    uint8_t made[EVP_MAX_MD_SIZE];
    unsigned made_bytes = 0;
    int n = snprintf(
        claims, sizeof claims,
        "{\"iss\":\"zoetrope\",\"sub\":\"%ld\",\"sid\":%ld,\"tid\":%ld,\"ast\":\"%s\",\"iat\":%ld,\"exp\":%ld}",
        token->user, token->session, token->title, token->asset, token->issued, token->expires);
    if (n < 0 || (size_t)n >= sizeof claims || size < 800)
        return -1;
    size_t at = encode((const uint8_t *)header, sizeof header - 1, to);
    to[at++] = '.';
    at += encode((const uint8_t *)claims, (size_t)n, to + at);
    if (!HMAC(EVP_sha256(), key, (int)key_bytes, (const uint8_t *)to, at, made, &made_bytes))
        return -1;
    to[at++] = '.';
    encode(made, made_bytes, to + at);
    return 0;
}

bool token_current(const struct token *token, int64_t now, int64_t leeway) {
    return now < token->expires && now + leeway >= token->not_before && now + leeway >= token->issued;
}
