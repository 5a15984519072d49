#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <string.h>
#include <time.h>

#include "actors/auth/auth.h"
#include "protocol/node/clock.h"

/* Unpadded (RFC 4648, 5). `to` has room for n * 4 / 3 + 5 bytes. */
static void base64url(const uint8_t *raw, size_t n, char *to) {
    int length = EVP_EncodeBlock((unsigned char *)to, raw, (int)n);
    while (length && to[length - 1] == '=')
        length--;
    to[length] = 0;
    for (; *to; to++)
        *to = *to == '+' ? '-' : *to == '/' ? '_' : *to;
}

/* A token of 32 bytes has 43 characters; the encoder needs room for the padding too. */
void token_text(const uint8_t raw[DIGEST_BYTES], char to[TOKEN_BYTES]) {
    char text[DIGEST_BYTES * 4 / 3 + 8];
    base64url(raw, DIGEST_BYTES, text);
    memcpy(to, text, TOKEN_BYTES);
}

void token_new(char to[TOKEN_BYTES]) {
    uint8_t raw[DIGEST_BYTES];
    random_bytes(raw, sizeof raw);
    token_text(raw, to);
}

void token_next(const char *token, char to[TOKEN_BYTES]) {
    uint8_t raw[DIGEST_BYTES];
    struct bytes secret = keyring_refresh_secret();
    HMAC(EVP_sha256(), secret.at, (int)secret.n, (const unsigned char *)token, strlen(token), raw, NULL);
    token_text(raw, to);
}

void token_digest(const char *token, uint8_t to[DIGEST_BYTES]) {
    SHA256((const unsigned char *)token, strlen(token), to);
}

static int64_t role_bits(const struct account *account) {
    int64_t bits = 0;
    for (size_t i = 0; i < account->roles.n; i++)
        bits |= !strcmp(LIST_AT(account->roles, const char *, i), "admin") ? ROLE_ADMIN : ROLE_USER;
    return bits;
}

/* ECDSA signatures of JWS are r and s side by side (RFC 7518, 3.4), OpenSSL's are DER. */
static int sign(EVP_PKEY *key, const char *text, size_t n, uint8_t to[64]) {
    uint8_t der[80];
    size_t der_bytes = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int rc = -1;
    if (context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestSign(context, der, &der_bytes, (const unsigned char *)text, n) == 1) {
        const uint8_t *at = der;
        ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)der_bytes);
        if (signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), to, 32) == 32 &&
            BN_bn2binpad(ECDSA_SIG_get0_s(signature), to + 32, 32) == 32)
            rc = 0;
        ECDSA_SIG_free(signature);
    }
    EVP_MD_CTX_free(context);
    return rc;
}

static char *encoded(struct arena *arena, const void *raw, size_t n) {
    char *text = arena_alloc(arena, n * 4 / 3 + 8);
    if (text)
        base64url(raw, n, text);
    return text;
}

/* RFC 9068's profile: typ at+jwt, aud names the dialect, so that one realm's token opens no other. Written here because libjwt
 * 1.10 puts its own typ into what it encodes. All values are ours and need no quoting. */
static const char *unsigned_token(struct arena *arena, const char *kid, int64_t session, const struct realm *realm,
                                  const struct account *account) {
    char id[TOKEN_BYTES];
    long long now = time(NULL);
    token_new(id);
    const char *header = arena_print(arena, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"at+jwt\"}", kid);
    const char *payload =
        arena_print(arena,
                    "{\"iss\":\"zoetrope\",\"aud\":\"%s\",\"sub\":\"%lld\",\"sid\":%lld,\"roles\":%lld,\"jti\":\"%s\","
                    "\"iat\":%lld,\"exp\":%lld}",
                    realm->dialect, (long long)account->id, (long long)session, (long long)role_bits(account), id, now,
                    now + (long long)realm->access_seconds);
    if (!header || !payload)
        return NULL;
    return arena_print(arena, "%s.%s", encoded(arena, header, strlen(header)), encoded(arena, payload, strlen(payload)));
}

static const char *access_token(struct arena *arena, int64_t session, const struct realm *realm,
                                const struct account *account) {
    char kid[65];
    uint8_t signature[64];
    EVP_PKEY *key = keyring_signer(kid);
    const char *text = key ? unsigned_token(arena, kid, session, realm, account) : NULL;
    int rc = text ? sign(key, text, strlen(text), signature) : -1;
    EVP_PKEY_free(key);
    return rc ? NULL : arena_print(arena, "%s.%s", text, encoded(arena, signature, sizeof signature));
}

enum status session_reply(struct call *call, int64_t session, const struct realm *realm, const char *refresh,
                          const struct account *account) {
    struct session *reply = call->reply;
    const char *token = access_token(call->arena, session, realm, account);
    if (!token) {
        log_error(call->header.trace, "token_not_signed", NULL);
        return INTERNAL;
    }
    *reply = (struct session){.access_token = token,
                              .token_type = "Bearer",
                              .expires_in = realm->access_seconds,
                              .refresh_token = arena_text(call->arena, refresh),
                              .account = account};
    return OK;
}
