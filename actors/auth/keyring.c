#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "actors/auth/auth.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

enum { SECRET_BYTES = 32 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the next one */
static struct fresh_key signer;
static uint8_t refresh_secret[SECRET_BYTES], playback_secret[SECRET_BYTES];

static int pem_text(EVP_PKEY *key, bool private, char *to, size_t size) {
    BIO *bio = BIO_new(BIO_s_mem());
    int good = bio && (private ? PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)
                               : PEM_write_bio_PUBKEY(bio, key));
    int n = good ? BIO_read(bio, to, (int)size - 1) : -1;
    BIO_free(bio);
    if (n <= 0)
        return -1;
    to[n] = 0;
    return 0;
}

static int make_pair(struct fresh_key *fresh) {
    char name[TOKEN_BYTES];
    EVP_PKEY *key = EVP_EC_gen("P-256");
    int rc = key && !pem_text(key, true, fresh->private_pem, sizeof fresh->private_pem) &&
                     !pem_text(key, false, fresh->public_pem, sizeof fresh->public_pem)
                 ? 0
                 : -1;
    EVP_PKEY_free(key);
    token_new(name);
    snprintf(fresh->kid, sizeof fresh->kid, "%.16s", name);
    return rc;
}

/* A configured secret has the same name at every start. */
static void name_secret(struct fresh_key *fresh) {
    static const char purpose[] = "zoetrope kid";
    uint8_t digest[DIGEST_BYTES];
    char name[TOKEN_BYTES];
    HMAC(EVP_sha256(), fresh->secret, (int)fresh->secret_bytes, (const unsigned char *)purpose, sizeof purpose - 1,
         digest, NULL);
    token_text(digest, name);
    snprintf(fresh->kid, sizeof fresh->kid, "%.16s", name);
}

static void make_secret(struct fresh_key *fresh) {
    const char *configured = config()->token_secret;
    fresh->secret_bytes = *configured ? strlen(configured) : SECRET_BYTES;
    if (*configured)
        memcpy(fresh->secret, configured, fresh->secret_bytes);
    else
        random_bytes(fresh->secret, fresh->secret_bytes);
    name_secret(fresh);
}

int keyring_make(struct fresh_key *fresh) {
    *fresh = (struct fresh_key){0};
    snprintf(fresh->alg, sizeof fresh->alg, "%s", config()->token_algorithm);
    if (!strcmp(fresh->alg, "ES256"))
        return make_pair(fresh);
    make_secret(fresh);
    return 0;
}

const struct db_arg *keyring_args(const struct fresh_key *fresh, const char *old, struct db_arg to[7]) {
    const struct db_arg args[] = {ARG_TEXT("kid", fresh->kid),
                                  ARG_TEXT("alg", fresh->alg),
                                  ARG_TEXT("private_pem", fresh->private_pem),
                                  ARG_TEXT("public_pem", fresh->public_pem),
                                  {.name = "secret", .type = DB_NULL},
                                  ARG_TEXT("old", old),
                                  {.name = NULL}};
    memcpy(to, args, sizeof args);
    if (fresh->secret_bytes)
        to[4] = (struct db_arg)ARG_BYTES("secret", fresh->secret, fresh->secret_bytes);
    return to;
}

/* `old` NULL: only when there is no key at all, so that two processes that start at once end with the same one. */
static int add_key(struct db *db, const char *old) {
    struct fresh_key fresh;
    struct db_arg args[7];
    if (keyring_make(&fresh))
        return -1;
    rows_free(db_run(db, old ? Q_signing_key_swap : Q_signing_key_add, NULL, NULL, keyring_args(&fresh, old, args)));
    if (old && db_status(db) == OK)
        log_info(NULL, "signing_key_swapped", "alg=%s kid=%s", fresh.alg, fresh.kid);
    explicit_bzero(&fresh, sizeof fresh);
    return db_status(db) == OK ? 0 : -1;
}

/* Another algorithm or another secret than that of the settings: a new key takes over, the old one's tokens stay good.
 */
static int follow_settings(struct db *db) {
    struct fresh_key wanted = {0};
    char old[sizeof wanted.kid];
    struct rows *rows = db_run(db, Q_signing_key_last, NULL, NULL, NULL);
    if (!rows)
        return -1;
    bool any = rows_count(rows) > 0;
    bool same = any && !strcmp(rows_text(rows, 0, "alg"), config()->token_algorithm);
    snprintf(old, sizeof old, "%s", any ? rows_text(rows, 0, "kid") : "");
    rows_free(rows);
    if (same && !strcmp(config()->token_algorithm, "HS256") && *config()->token_secret) {
        make_secret(&wanted);
        same = !strcmp(old, wanted.kid);
        explicit_bzero(&wanted, sizeof wanted);
    }
    return same ? 0 : add_key(db, any ? old : NULL);
}

static int load_key(struct db *db) {
    struct rows *rows = db_run(db, Q_signing_key_now, NULL, NULL, NULL);
    struct arena *arena = arena_new();
    int rc = rows && arena && rows_count(rows) ? 0 : -1;
    if (!rc) {
        struct bytes secret = rows_bytes(rows, 0, "secret", arena);
        pthread_mutex_lock(&lock);
        snprintf(signer.kid, sizeof signer.kid, "%s", rows_text(rows, 0, "kid"));
        snprintf(signer.alg, sizeof signer.alg, "%s", rows_text(rows, 0, "alg"));
        snprintf(signer.private_pem, sizeof signer.private_pem, "%s", rows_text(rows, 0, "private_pem"));
        signer.secret_bytes = secret.n <= sizeof signer.secret ? secret.n : 0;
        if (signer.secret_bytes)
            memcpy(signer.secret, secret.at, signer.secret_bytes);
        pthread_mutex_unlock(&lock);
    }
    rows_free(rows);
    arena_free(arena);
    return rc;
}

void keyring_refresh(struct db *db) {
    if (load_key(db))
        log_warn(NULL, "keys_not_read", NULL);
}

void keyring_signer(struct fresh_key *key) {
    pthread_mutex_lock(&lock);
    *key = signer;
    pthread_mutex_unlock(&lock);
}

static int load_secret(struct db *db, const char *name, uint8_t to[SECRET_BYTES]) {
    uint8_t fresh[SECRET_BYTES];
    random_bytes(fresh, sizeof fresh);
    rows_free(
        db_run(db, Q_secret_add, NULL, NULL, ARGS(ARG_TEXT("name", name), ARG_BYTES("value", fresh, SECRET_BYTES))));
    struct rows *rows = db_run(db, Q_secret, NULL, NULL, ARGS(ARG_TEXT("name", name)));
    struct arena *arena = arena_new();
    struct bytes value = {0};
    if (rows && arena && rows_count(rows))
        value = rows_bytes(rows, 0, "value", arena);
    int rc = value.n == SECRET_BYTES ? 0 : -1;
    if (!rc)
        memcpy(to, value.at, SECRET_BYTES);
    rows_free(rows);
    arena_free(arena);
    return rc;
}

/* Whoever holds a token can try secrets without end: one that is short, or made of few letters or of runs, is found. */
static bool guessable(const char *secret) {
    size_t n = strlen(secret), distinct = 0, runs = 0;
    bool seen[256] = {false};
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)secret[i];
        distinct += !seen[c];
        seen[c] = true;
        int step = i ? c - (unsigned char)secret[i - 1] : 2;
        runs += step >= -1 && step <= 1;
    }
    return n < SECRET_BYTES || distinct < 12 || runs * 2 > n;
}

static void check_settings(void) {
    const char *secret = config()->token_secret;
    if (!*secret || !guessable(secret))
        return;
    fprintf(stderr,
            "ZOE_TOKEN_SECRET: must have 32 bytes that nobody guesses, such as `openssl rand -hex 32` prints\n");
    exit(EX_CONFIG);
}

int keyring_load(struct db *db) {
    check_settings();
    return follow_settings(db) || load_key(db) || load_secret(db, "refresh", refresh_secret) ||
                   load_secret(db, "playback", playback_secret)
               ? -1
               : 0;
}

struct bytes keyring_refresh_secret(void) {
    return (struct bytes){refresh_secret, sizeof refresh_secret};
}

struct bytes keyring_playback_secret(void) {
    return (struct bytes){playback_secret, sizeof playback_secret};
}
