#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

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

void token_digest(const char *token, uint8_t to[DIGEST_BYTES]) {
    SHA256((const unsigned char *)token, strlen(token), to);
}
