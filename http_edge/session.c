#include "http_edge/session.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/node/clock.h"
#include "protocol/node/log.h"

/* Sets of four; the least recently used of a set gives way. */
enum { SETS = 1024, WAYS = 4, LEEWAY_SECONDS = 30 };

struct known {
    uint8_t digest[32];
    struct token token;
    uint64_t used;
};

struct sessions {
    struct keys *keys;
    struct known *known;
    EVP_MD_CTX *hash;
    uint64_t turn;
};

struct sessions *sessions_new(struct keys *keys) {
    struct sessions *sessions = calloc(1, sizeof *sessions);
    if (!sessions)
        return NULL;
    *sessions = (struct sessions){
        .keys = keys, .known = calloc(SETS * WAYS, sizeof *sessions->known), .hash = EVP_MD_CTX_new()};
    if (sessions->known && sessions->hash)
        return sessions;
    sessions_free(sessions);
    return NULL;
}

void sessions_free(struct sessions *sessions) {
    if (!sessions)
        return;
    free(sessions->known);
    EVP_MD_CTX_free(sessions->hash);
    free(sessions);
}

/* `kind` separates access tokens from playback tokens: one never stands for the other. */
static int digest(struct sessions *sessions, enum token_kind kind, const char *text, size_t n, uint8_t to[32]) {
    uint8_t mark = (uint8_t)kind;
    return EVP_DigestInit_ex(sessions->hash, EVP_sha256(), NULL) && EVP_DigestUpdate(sessions->hash, &mark, 1) &&
                   EVP_DigestUpdate(sessions->hash, text, n) && EVP_DigestFinal_ex(sessions->hash, to, NULL)
               ? 0
               : -1;
}

static struct known *set_of(struct sessions *sessions, const uint8_t digest_[32]) {
    uint32_t at;
    memcpy(&at, digest_, sizeof at);
    return &sessions->known[at % SETS * WAYS];
}

static const struct token *recall(struct sessions *sessions, const uint8_t digest_[32]) {
    struct known *set = set_of(sessions, digest_);
    for (int i = 0; i < WAYS; i++)
        if (set[i].used && !memcmp(set[i].digest, digest_, 32)) {
            set[i].used = ++sessions->turn;
            return &set[i].token;
        }
    return NULL;
}

static void remember(struct sessions *sessions, const uint8_t digest_[32], const struct token *token) {
    struct known *set = set_of(sessions, digest_), *oldest = set;
    for (int i = 1; i < WAYS; i++)
        if (set[i].used < oldest->used)
            oldest = &set[i];
    memcpy(oldest->digest, digest_, 32);
    oldest->token = *token;
    oldest->used = ++sessions->turn;
}

static enum session_answer judge(struct sessions *sessions, const struct token *token) {
    int64_t now = clock_wall_ms() / 1000;
    bool inactive = false;
    if (now >= token->expires)
        return SESSION_EXPIRED;
    if (!token_current(token, now, LEEWAY_SECONDS))
        return SESSION_BAD;
    if (keys_revoked(sessions->keys, token->session, &inactive))
        return inactive ? SESSION_INACTIVE : SESSION_BAD;
    return SESSION_GOOD;
}

static enum session_answer read_access(struct sessions *sessions, const char *text, size_t n, struct token *token,
                                       uint64_t *since) {
    const char *why;
    if (token_read(TOKEN_ACCESS, text, n, token, &why)) {
        log_debug(NULL, "token_refused", "why=%s", log_value(why));
        return SESSION_BAD;
    }
    const struct key *key = keys_find(sessions->keys, token->kid);
    if (!key) /* perhaps it is newer than what we know */
        return keys_newer(sessions->keys, since) ? SESSION_BAD : SESSION_WAIT;
    bool good = key->algorithm == token->algorithm &&
                (key->algorithm == TOKEN_HS256 ? token_signed_hmac(text, n, key->secret, key->secret_bytes)
                                               : token_signed(text, n, key->pem));
    return good ? SESSION_GOOD : SESSION_BAD;
}

enum session_answer session_check(struct sessions *sessions, const char *dialect, const char *text, size_t n,
                                  struct login *login, uint64_t *since) {
    uint8_t hash[32];
    struct token fresh;
    if (n > TOKEN_BYTES_MAX || digest(sessions, TOKEN_ACCESS, text, n, hash))
        return SESSION_BAD;
    if (!keys_ready(sessions->keys))
        return SESSION_WAIT;
    const struct token *token = recall(sessions, hash);
    if (!token) {
        enum session_answer answer = read_access(sessions, text, n, &fresh, since);
        if (answer != SESSION_GOOD)
            return answer;
        remember(sessions, hash, &fresh);
        token = &fresh;
    }
    if (strcmp(token->audience, dialect) != 0)
        return SESSION_BAD;
    *login = (struct login){token->user, token->session, token->roles};
    return judge(sessions, token);
}

enum session_answer session_check_play(struct sessions *sessions, enum token_kind kind, const char *text, size_t n,
                                       struct token *token) {
    uint8_t hash[32];
    size_t key_bytes;
    const char *why;
    if (n > TOKEN_BYTES_MAX || digest(sessions, kind, text, n, hash))
        return SESSION_BAD;
    if (!keys_ready(sessions->keys))
        return SESSION_WAIT;
    const struct token *known = recall(sessions, hash);
    if (known)
        *token = *known;
    else {
        const uint8_t *key = keys_playback(sessions->keys, &key_bytes);
        if (!key || token_read(kind, text, n, token, &why) || !token_signed_hmac(text, n, key, key_bytes))
            return SESSION_BAD;
        remember(sessions, hash, token);
    }
    return judge(sessions, token);
}

const char *session_bearer(const char *authorization) {
    if (!authorization || strncasecmp(authorization, "Bearer ", 7) != 0 || authorization[7] == ' ')
        return NULL;
    const char *token = authorization + 7;
    return *token && !strpbrk(token, " \t") ? token : NULL;
}
