#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actors/auth/auth.h"

/* Hashes that other systems made: Django's `pbkdf2_sha256$600000$salt$base64` (and pbkdf2_sha1), Werkzeug's
 * `pbkdf2:sha256:600000$salt$hex` and `scrypt:32768:8:1$salt$hex`. Their cost is bounded before it is paid: who could
 * choose it freely would stop a worker for minutes with one login. */

enum {
    ITERATIONS_MAX = 2000000,    /* of PBKDF2: a few seconds */
    SCRYPT_BYTES_MAX = 64 << 20, /* 128 * n * r */
    SCRYPT_WORK_MAX = 1 << 20,   /* n * r * p */
    SCRYPT_ROOM_BYTES = 1 << 20, /* what OpenSSL wants beside */
    SALT_BYTES_MAX = 128,
    FOREIGN_BYTES_MAX = HASH_BYTES * 3, /* of the whole text */
};

struct foreign {
    const char *digest; /* of PBKDF2; NULL: scrypt */
    int64_t iterations, n, r, p;
    const char *salt;
    size_t salt_bytes, key_bytes;
    uint8_t key[64];
};

/* A number with no sign and no blanks, followed by `end`; where it goes on, or NULL. */
static const char *number(const char *at, char end, int64_t *to) {
    size_t n = strspn(at, "0123456789");
    if (!n || n > 9 || at[n] != end)
        return NULL;
    *to = strtol(at, NULL, 10);
    return at + n + 1;
}

/* `salt$`; where the rest begins, or NULL. */
static const char *take_salt(const char *at, struct foreign *to) {
    size_t n = strcspn(at, "$");
    to->salt = at;
    to->salt_bytes = n;
    return n && n <= SALT_BYTES_MAX && at[n] ? at + n + 1 : NULL;
}

static int from_hex(const char *text, struct foreign *to) {
    size_t n = 0;
    long got = strlen(text) == to->key_bytes * 2 ? 0 : -1;
    if (got || strspn(text, "0123456789abcdefABCDEF") != to->key_bytes * 2 ||
        !OPENSSL_hexstr2buf_ex(to->key, sizeof to->key, &n, text, '\0'))
        return -1;
    return n == to->key_bytes ? 0 : -1;
}

static int from_base64(const char *text, struct foreign *to) {
    uint8_t raw[72];
    size_t n = strlen(text), padding = n ? (text[n - 1] == '=') + (n > 1 && text[n - 2] == '=') : 0;
    if (n % 4 || n > 64 || EVP_DecodeBlock(raw, (const uint8_t *)text, (int)n) < 0 ||
        n / 4 * 3 - padding != to->key_bytes)
        return -1;
    memcpy(to->key, raw, to->key_bytes);
    return 0;
}

static const struct {
    const char *name, *digest;
    size_t bytes;
} digests[] = {{"sha256", "SHA256", 32}, {"sha1", "SHA1", 20}, {"sha512", "SHA512", 64}};

static const char *take_digest(const char *at, char end, struct foreign *to) {
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++) {
        size_t n = strlen(digests[i].name);
        if (strncmp(at, digests[i].name, n) != 0 || at[n] != end)
            continue;
        to->digest = digests[i].digest;
        to->key_bytes = digests[i].bytes;
        return at + n + 1;
    }
    return NULL;
}

static const char unreadable[] = "the hash is not well formed";

static const char *read_pbkdf2(const char *at, bool django, struct foreign *to) {
    char between = django ? '$' : ':';
    at = take_digest(at, between, to);
    at = at ? number(at, '$', &to->iterations) : NULL;
    at = at ? take_salt(at, to) : NULL;
    if (!at || (django ? from_base64(at, to) : from_hex(at, to)))
        return unreadable;
    return to->iterations < 1 || to->iterations > ITERATIONS_MAX ? "the hash has too many rounds" : NULL;
}

static const char *read_scrypt(const char *at, struct foreign *to) {
    to->key_bytes = 64;
    at = number(at, ':', &to->n);
    at = at ? number(at, ':', &to->r) : NULL;
    at = at ? number(at, '$', &to->p) : NULL;
    at = at ? take_salt(at, to) : NULL;
    if (!at || from_hex(at, to) || to->n < 2 || (to->n & (to->n - 1)) || to->r < 1 || to->p < 1)
        return unreadable;
    bool bounded = to->n <= SCRYPT_WORK_MAX && to->r <= 1024 && to->p <= 1024 &&
                   128 * to->n * to->r <= SCRYPT_BYTES_MAX && to->n * to->r * to->p <= SCRYPT_WORK_MAX;
    return bounded ? NULL : "the hash asks for too much work";
}

/* Why it cannot be taken, NULL when it can. */
static const char *read_foreign(const char *hash, struct foreign *to) {
    *to = (struct foreign){0};
    if (strlen(hash) > FOREIGN_BYTES_MAX)
        return unreadable;
    if (!strncmp(hash, "pbkdf2_", 7))
        return read_pbkdf2(hash + 7, true, to);
    if (!strncmp(hash, "pbkdf2:", 7))
        return read_pbkdf2(hash + 7, false, to);
    if (!strncmp(hash, "scrypt:", 7))
        return read_scrypt(hash + 7, to);
    return "the hash is of no kind that is known here";
}

/* $2b$12$ and 53 letters of bcrypt's own base64. */
static const char *read_bcrypt(const char *hash) {
    static const char letters[] = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    int64_t cost;
    if (strlen(hash) != 60 || !strchr("aby", hash[2]) || hash[3] != '$' || number(hash + 4, '$', &cost) != hash + 7 ||
        strspn(hash + 7, letters) != 53)
        return unreadable;
    return cost < 4 || cost > 16 ? "the hash asks for too much work" : NULL;
}

const char *hash_refused(const char *hash) {
    struct foreign foreign;
    return hash_foreign(hash) ? read_foreign(hash, &foreign) : read_bcrypt(hash);
}

bool hash_foreign(const char *hash) {
    return strncmp(hash, "$2", 2) != 0;
}

bool foreign_matches(const char *password, const char *hash) {
    struct foreign foreign;
    uint8_t made[sizeof foreign.key];
    size_t n = strlen(password);
    if (read_foreign(hash, &foreign))
        return false;
    const uint8_t *salt = (const uint8_t *)foreign.salt;
    int good = foreign.digest
                   ? PKCS5_PBKDF2_HMAC(password, (int)n, salt, (int)foreign.salt_bytes, (int)foreign.iterations,
                                       EVP_get_digestbyname(foreign.digest), (int)foreign.key_bytes, made)
                   : EVP_PBE_scrypt(password, n, salt, foreign.salt_bytes, (uint64_t)foreign.n, (uint64_t)foreign.r,
                                    (uint64_t)foreign.p, SCRYPT_BYTES_MAX + SCRYPT_ROOM_BYTES, made, foreign.key_bytes);
    bool same = good == 1 && !CRYPTO_memcmp(made, foreign.key, foreign.key_bytes);
    OPENSSL_cleanse(made, sizeof made);
    return same;
}
