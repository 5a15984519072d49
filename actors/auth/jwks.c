#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "actors/auth/auth.h"

enum { POINT_BYTES = 65 }; /* uncompressed: 4, x, y */

static int read_point(const char *pem, uint8_t point[POINT_BYTES]) {
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    size_t n = 0;
    int good = key && EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, POINT_BYTES, &n) == 1 &&
               n == POINT_BYTES && point[0] == 4;
    EVP_PKEY_free(key);
    BIO_free(bio);
    return good ? 0 : -1;
}

static int fill(struct jwk *jwk, const struct public_key *key, struct arena *arena) {
    uint8_t point[POINT_BYTES];
    char x[TOKEN_BYTES], y[TOKEN_BYTES];
    if (read_point(key->pem, point))
        return -1;
    token_text(point + 1, x);
    token_text(point + 33, y);
    *jwk = (struct jwk){.kty = "EC",
                        .crv = "P-256",
                        .x = arena_text(arena, x),
                        .y = arena_text(arena, y),
                        .kid = key->kid,
                        .alg = "ES256",
                        .use = "sig"};
    return jwk->x && jwk->y ? 0 : -1;
}

enum status auth_jwks(struct call *call) {
    struct jwks *reply = call->reply;
    struct rows *rows = call_run(call, Q_signing_keys, NULL);
    if (!rows)
        return call->status;
    struct list keys = rows_list(rows, public_key_record(), call->arena);
    rows_free(rows);
    struct jwk *jwks = arena_alloc(call->arena, (keys.n + 1) * sizeof *jwks);
    if (!jwks)
        return INTERNAL;
    /* A secret is shown to nobody. */
    size_t n = 0;
    for (size_t i = 0; i < keys.n; i++) {
        const struct public_key *key = &LIST_AT(keys, struct public_key, i);
        if (!strcmp(key->alg, "ES256") && key->pem && fill(&jwks[n++], key, call->arena))
            return INTERNAL;
    }
    reply->keys = (struct list){jwks, n};
    return OK;
}
