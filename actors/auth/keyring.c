#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "actors/auth/auth.h"
#include "protocol/node/clock.h"

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

int keyring_make(struct fresh_key *fresh) {
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

/* A new key is kept only when there is none: two processes that start at once end with the same one. */
static int first_key(struct db *db) {
    struct fresh_key fresh;
    if (keyring_make(&fresh))
        return -1;
    rows_free(db_run(db, Q_signing_key_add, NULL, NULL,
                     ARGS(ARG_TEXT("kid", fresh.kid), ARG_TEXT("private_pem", fresh.private_pem),
                          ARG_TEXT("public_pem", fresh.public_pem))));
    explicit_bzero(&fresh, sizeof fresh);
    return db_status(db) == OK ? 0 : -1;
}

static void keep(const char *kid, const char *pem) {
    pthread_mutex_lock(&lock);
    snprintf(signer.kid, sizeof signer.kid, "%s", kid);
    snprintf(signer.private_pem, sizeof signer.private_pem, "%s", pem);
    pthread_mutex_unlock(&lock);
}

/* 1 when there is no key at all. */
static int load_key(struct db *db) {
    struct rows *rows = db_run(db, Q_signing_keys, NULL, NULL, NULL);
    int rc = !rows ? -1 : rows_count(rows) ? 0 : 1;
    if (!rc)
        keep(rows_text(rows, 0, "kid"), rows_text(rows, 0, "private_pem"));
    rows_free(rows);
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

int keyring_load(struct db *db) {
    int rc = load_key(db);
    if (rc > 0)
        rc = first_key(db) || load_key(db) ? -1 : 0;
    return rc || load_secret(db, "refresh", refresh_secret) || load_secret(db, "playback", playback_secret) ? -1 : 0;
}

struct bytes keyring_refresh_secret(void) {
    return (struct bytes){refresh_secret, sizeof refresh_secret};
}

struct bytes keyring_playback_secret(void) {
    return (struct bytes){playback_secret, sizeof playback_secret};
}
