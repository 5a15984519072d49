#include <jwt.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "actors/auth/auth.h"
#include "protocol/node/clock.h"

void token_next(const char *token, char to[TOKEN_BYTES]) {
    uint8_t raw[DIGEST_BYTES];
    struct bytes secret = keyring_refresh_secret();
    HMAC(EVP_sha256(), secret.at, (int)secret.n, (const unsigned char *)token, strlen(token), raw, NULL);
    token_text(raw, to);
}

static int64_t role_bits(const struct account *account) {
    int64_t bits = 0;
    for (size_t i = 0; i < account->roles.n; i++)
        bits |= !strcmp(LIST_AT(account->roles, const char *, i), "admin") ? ROLE_ADMIN : ROLE_USER;
    return bits;
}

static int set_key(jwt_t *jwt, const struct fresh_key *key) {
    if (!strcmp(key->alg, "HS256"))
        return jwt_set_alg(jwt, JWT_ALG_HS256, key->secret, (int)key->secret_bytes);
    return jwt_set_alg(jwt, JWT_ALG_ES256, (const unsigned char *)key->private_pem, (int)strlen(key->private_pem));
}

/* aud names the dialect, so that one realm's token opens no other; `use` tells it from a playback token. The profile of
 * RFC 9068 but for typ, which libjwt 1.10 sets to JWT whatever it is told. */
static const char *access_token(struct arena *arena, int64_t session, const struct realm *realm,
                                const struct account *account) {
    char subject[24], id[TOKEN_BYTES], *text = NULL;
    const char *kept = NULL;
    struct fresh_key key;
    time_t now = time(NULL);
    jwt_t *jwt = NULL;
    snprintf(subject, sizeof subject, "%lld", (long long)account->id);
    token_new(id);
    keyring_signer(&key);
    if (!jwt_new(&jwt) && !set_key(jwt, &key) && !jwt_add_header(jwt, "kid", key.kid) &&
        !jwt_add_grant(jwt, "iss", "zoetrope") && !jwt_add_grant(jwt, "use", "access") &&
        !jwt_add_grant(jwt, "aud", realm->dialect) && !jwt_add_grant(jwt, "sub", subject) &&
        !jwt_add_grant(jwt, "jti", id) && !jwt_add_grant_int(jwt, "sid", session) &&
        !jwt_add_grant_int(jwt, "roles", role_bits(account)) && !jwt_add_grant_int(jwt, "iat", now) &&
        !jwt_add_grant_int(jwt, "exp", now + realm->access_seconds) && (!realm->claims || !realm->claims(jwt, account)))
        text = jwt_encode_str(jwt);
    if (text)
        kept = arena_text(arena, text);
    free(text);
    jwt_free(jwt);
    explicit_bzero(&key, sizeof key);
    return kept;
}

enum status session_reply(struct call *call, int64_t session, const struct realm *realm, const char *refresh,
                          int64_t refresh_seconds, const struct account *account) {
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
                              .account = account,
                              .refresh_expires_in = refresh_seconds,
                              .has_refresh_expires_in = true};
    return OK;
}
