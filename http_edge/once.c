#include "http_edge/once.h"

#include <openssl/evp.h>
#include <string.h>

#include "http_edge/reply.h"

enum { KEY_BYTES_MAX = 255 };

static bool well_formed(const char *key) {
    size_t n = strlen(key);
    for (size_t i = 0; i < n; i++)
        if (key[i] < 0x21 || key[i] > 0x7e)
            return false;
    return n >= 1 && n <= KEY_BYTES_MAX;
}

/* SHA-256 of two texts, each with its NUL, and `n` bytes. */
static int digest(const char *first, const char *second, const void *more, size_t n, uint8_t to[32]) {
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool good = hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) &&
                EVP_DigestUpdate(hash, first, strlen(first) + 1) &&
                EVP_DigestUpdate(hash, second, strlen(second) + 1) && EVP_DigestUpdate(hash, more, n) &&
                EVP_DigestFinal_ex(hash, to, NULL);
    EVP_MD_CTX_free(hash);
    return good ? 0 : -1;
}

int once_take(struct request *request, const void *what, size_t n) {
    const char *key = request->in.idempotency_key;
    uint8_t hash[32];
    if (!key)
        return 0;
    if (!well_formed(key)) {
        reply_refuse(request, INVALID, "idempotency-key", "Idempotency-Key must be 1 to 255 visible ASCII characters.");
        return -1;
    }
    int64_t user = request->login.user;
    /* Without a login all share one space of keys: there only the very same request meets itself, so that nobody can
     * take a key from others. */
    if (user ? !digest(request->route->path, key, &user, sizeof user, hash)
             : !digest(request->route->path, key, what, n, hash)) {
        memcpy(request->once, hash, ONCE_BYTES);
        /* The key is in this digest too: it is kept beside that of a password, and must not help to guess it. */
        if (!digest(request->url, key, what, n, hash)) {
            memcpy(&request->once_body, hash, sizeof request->once_body);
            request->has_once = true;
            return 0;
        }
    }
    reply_refuse(request, UNAVAILABLE, NULL, NULL);
    return -1;
}

void once_tell(struct request *request) {
    if (request->response && !request->shared && request->answers[0].replayed)
        reply_header(request, "Idempotency-Replayed", "true");
}
