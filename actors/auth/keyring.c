#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "actors/auth/auth.h"
#include "protocol/node/clock.h"

enum { SECRET_BYTES = 32, PEM_BYTES = 1000 };

static char kid[65], private_pem[PEM_BYTES];
static uint8_t refresh_secret[SECRET_BYTES], playback_secret[SECRET_BYTES];

static int pem_text(EVP_PKEY *key, bool private, char to[PEM_BYTES]) {
    BIO *bio = BIO_new(BIO_s_mem());
    int good = bio && (private ? PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) : PEM_write_bio_PUBKEY(bio, key));
    int n = good ? BIO_read(bio, to, PEM_BYTES - 1) : -1;
    BIO_free(bio);
    if (n <= 0)
        return -1;
    to[n] = 0;
    return 0;
}

/* A new key is kept only when there is none: two processes that start at once end with the same one. */
static int make_key(struct db *db) {
    char name[TOKEN_BYTES], secret[PEM_BYTES], public[PEM_BYTES];
    EVP_PKEY *key = EVP_EC_gen("P-256");
    int rc = key && !pem_text(key, true, secret) && !pem_text(key, false, public) ? 0 : -1;
    EVP_PKEY_free(key);
    if (rc)
        return -1;
    token_new(name);
    name[16] = 0;
    rows_free(db_run(db, Q_signing_key_add, NULL, NULL,
                     ARGS(ARG_TEXT("kid", name), ARG_TEXT("private_pem", secret), ARG_TEXT("public_pem", public))));
    explicit_bzero(secret, sizeof secret);
    return db_status(db) == OK ? 0 : -1;
}

static int load_key(struct db *db) {
    for (int i = 0; i < 2; i++) {
        struct rows *rows = db_run(db, Q_signing_keys, NULL, NULL, NULL);
        bool found = rows && rows_count(rows);
        if (found) {
            snprintf(kid, sizeof kid, "%s", rows_text(rows, 0, "kid"));
            snprintf(private_pem, sizeof private_pem, "%s", rows_text(rows, 0, "private_pem"));
        }
        rows_free(rows);
        if (found)
            return 0;
        if (make_key(db))
            return -1;
    }
    return -1;
}

static int load_secret(struct db *db, const char *name, uint8_t to[SECRET_BYTES]) {
    uint8_t fresh[SECRET_BYTES];
    random_bytes(fresh, sizeof fresh);
    rows_free(db_run(db, Q_secret_add, NULL, NULL, ARGS(ARG_TEXT("name", name), ARG_BYTES("value", fresh, SECRET_BYTES))));
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
    return load_key(db) || load_secret(db, "refresh", refresh_secret) || load_secret(db, "playback", playback_secret) ? -1 : 0;
}

const char *keyring_kid(void) {
    return kid;
}

const char *keyring_private_pem(void) {
    return private_pem;
}

struct bytes keyring_refresh_secret(void) {
    return (struct bytes){refresh_secret, sizeof refresh_secret};
}

struct bytes keyring_playback_secret(void) {
    return (struct bytes){playback_secret, sizeof playback_secret};
}
