#include "http_edge/token.h"

#include <jansson.h>
#include <jwt.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const uses[] = {
    [TOKEN_ACCESS] = "access", [TOKEN_PLAY] = "play", [TOKEN_WATCH] = "watch", [TOKEN_STREAM] = "stream"};
static const char *const algorithms[] = {[TOKEN_ES256] = "ES256", [TOKEN_HS256] = "HS256"};

static int sixtet(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

int64_t token_decode(const char *from, size_t n, uint8_t *to) {
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

static json_t *part(const char *from, size_t n) {
    uint8_t bytes[TOKEN_BYTES_MAX];
    int64_t got = token_decode(from, n, bytes);
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
    if (json_is_object(json))
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
    if (!text || *text == 0 || strlen(text) >= size)
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

/* The account's number stands as text; no sign, no leading zero. Strangers play, too. */
static int copy_subject(enum token_kind kind, const json_t *claims, int64_t *to) {
    const char *text = json_string_value(json_object_get(claims, "sub"));
    size_t n = text ? strlen(text) : 0;
    if (kind != TOKEN_ACCESS && n == 1 && *text == '0') {
        *to = 0;
        return 0;
    }
    if (!n || n > 18 || *text == '0' || strspn(text, "0123456789") != n)
        return -1;
    sscanf(text, "%ld", to);
    return 0;
}

static const char *read_header(enum token_kind kind, const json_t *header, struct token *token) {
    bool es256 = kind == TOKEN_ACCESS && text_is(header, "alg", algorithms[TOKEN_ES256]);
    if (!es256 && !text_is(header, "alg", algorithms[TOKEN_HS256]))
        return "algorithm";
    token->algorithm = es256 ? TOKEN_ES256 : TOKEN_HS256;
    if (!text_is(header, "typ", "JWT"))
        return "type";
    /* We write nothing else: keys in headers, addresses of keys, compression and whatever is critical are others'. */
    if (json_object_size(header) > (kind == TOKEN_ACCESS ? 3u : 2u))
        return "header member";
    if (kind == TOKEN_ACCESS && copy_text(header, "kid", token->kid, sizeof token->kid))
        return "key id";
    return NULL;
}

static const char *read_claims(enum token_kind kind, const json_t *claims, struct token *token) {
    int64_t roles = 0;
    if (!text_is(claims, "iss", "zoetrope"))
        return "issuer";
    if (!text_is(claims, "use", uses[kind]))
        return "use";
    if (copy_subject(kind, claims, &token->user) || copy_number(claims, "sid", &token->session))
        return "subject";
    if (copy_number(claims, "exp", &token->expires) || copy_number(claims, "iat", &token->issued))
        return "times";
    if (json_object_get(claims, "nbf") && copy_number(claims, "nbf", &token->not_before))
        return "times";
    if (kind != TOKEN_ACCESS && copy_number(claims, "tid", &token->title))
        return "title";
    if (kind == TOKEN_PLAY && copy_text(claims, "ast", token->asset, sizeof token->asset))
        return "title";
    if (kind != TOKEN_ACCESS)
        return NULL;
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
    if (n > TOKEN_BYTES_MAX || !second || token_decode(second + 1, (size_t)(end - second - 1), signature) < 32)
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

/* libjwt goes by the token's own alg, and would take a public key's PEM for an HMAC secret: token_read() has seen that
 * the header names the one we want, and what libjwt used is looked at again. */
static bool verified(const char *text, size_t n, jwt_alg_t alg, const void *key, size_t key_bytes) {
    char copy[TOKEN_BYTES_MAX + 1];
    jwt_t *jwt = NULL;
    if (n > TOKEN_BYTES_MAX)
        return false;
    memcpy(copy, text, n);
    copy[n] = 0;
    bool good = !jwt_decode(&jwt, copy, key, (int)key_bytes) && jwt_get_alg(jwt) == alg;
    jwt_free(jwt);
    return good;
}

bool token_signed(const char *text, size_t n, const char *pem) {
    return verified(text, n, JWT_ALG_ES256, pem, strlen(pem));
}

bool token_signed_hmac(const char *text, size_t n, const uint8_t *key, size_t key_bytes) {
    return verified(text, n, JWT_ALG_HS256, key, key_bytes);
}

bool token_key_usable(const char *pem) {
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    char curve[32] = "";
    bool good = key && EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, curve, sizeof curve, NULL) == 1 &&
                !strcmp(curve, "prime256v1");
    BIO_free(bio);
    EVP_PKEY_free(key);
    return good;
}

/* What the clients of videoapp may look for. */
static bool add_video(jwt_t *jwt, int64_t title) {
    char id[25];
    snprintf(id, sizeof id, "%024llx", (long long)title);
    return !jwt_add_grant(jwt, "video_id", id) && !jwt_add_grant(jwt, "type", "playback");
}

int token_write_play(enum token_kind kind, const struct token *token, const uint8_t *key, size_t key_bytes, char *to,
                     size_t size) {
    char subject[24];
    jwt_t *jwt = NULL;
    snprintf(subject, sizeof subject, "%lld", (long long)token->user);
    bool good = !jwt_new(&jwt) && !jwt_set_alg(jwt, JWT_ALG_HS256, key, (int)key_bytes) &&
                !jwt_add_grant(jwt, "iss", "zoetrope") && !jwt_add_grant(jwt, "use", uses[kind]) &&
                !jwt_add_grant(jwt, "sub", subject) && !jwt_add_grant_int(jwt, "sid", token->session) &&
                !jwt_add_grant_int(jwt, "tid", token->title) &&
                (kind != TOKEN_PLAY || !jwt_add_grant(jwt, "ast", token->asset)) &&
                (kind != TOKEN_WATCH || add_video(jwt, token->title)) &&
                !jwt_add_grant_int(jwt, "iat", token->issued) && !jwt_add_grant_int(jwt, "exp", token->expires);
    char *text = good ? jwt_encode_str(jwt) : NULL;
    good = text && strlen(text) < size;
    if (good)
        strcpy(to, text);
    free(text);
    jwt_free(jwt);
    return good ? 0 : -1;
}

bool token_current(const struct token *token, int64_t now, int64_t leeway) {
    return now < token->expires && now + leeway >= token->not_before && now + leeway >= token->issued;
}
