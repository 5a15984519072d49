#ifndef ZOE_EDGE_TOKEN_H
#define ZOE_EDGE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* JSON Web Tokens, read strictly (RFC 8725): three parts of canonical base64url, JSON without duplicate members, one
 * use for each kind (a claim: libjwt 1.10 writes and reads no typ but JWT). The algorithm is that of the key. */
enum { TOKEN_BYTES_MAX = 8192 };

enum token_kind {
    TOKEN_ACCESS, /* ES256 or HS256, use access */
    TOKEN_PLAY,   /* HS256, use play: the files of one film */
    TOKEN_WATCH,  /* HS256, use watch: a login may ask for one title's address (videoapp) */
    TOKEN_STREAM  /* HS256, use stream: whoever has it may ask for one title's address */
};

enum token_algorithm { TOKEN_ES256, TOKEN_HS256 };

struct token {
    char kid[65];
    char audience[33];
    char asset[65];
    int64_t user, session, title;
    int64_t issued, not_before, expires; /* seconds since 1970 */
    uint32_t roles;
    enum token_algorithm algorithm; /* what the header says: must be that of the key */
};

/* Decodes base64url (RFC 4648, 5), canonical only: no padding, no foreign letters, no bits left over. `to` has room for
 * n bytes. Bytes written, or -1. */
int64_t token_decode(const char *from, size_t n, uint8_t *to);

/* Reads header and claims; the signature is not yet checked. 0, or -1 with a few words in *why. */
int token_read(enum token_kind kind, const char *text, size_t n, struct token *token, const char **why);

/* Whether this is a public P-256 key. */
bool token_key_usable(const char *pem);

/* Whether the owner of the key `pem` signed what token_read() took. */
bool token_signed(const char *text, size_t n, const char *pem);

/* The same with an HMAC key. */
bool token_signed_hmac(const char *text, size_t n, const uint8_t *key, size_t key_bytes);

/* A token of any kind but TOKEN_ACCESS, HS256; 0, or -1 when it does not fit. User 0 is a stranger. */
int token_write_play(enum token_kind kind, const struct token *token, const uint8_t *key, size_t key_bytes, char *to,
                     size_t size);

/* Whether `now` (seconds) lies between not-before and expiry, with `leeway` for clocks that differ. */
bool token_current(const struct token *token, int64_t now, int64_t leeway);

#endif
