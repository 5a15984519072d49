#ifndef ZOE_TESTS_UNIT_JWS_H
#define ZOE_TESTS_UNIT_JWS_H

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

/* Tokens as others might write them. */

/* Without padding, with a NUL behind it; the length. */
size_t base64url(const void *from, size_t n, char *to);
/* ES256: both numbers as JWS wants them. */
void sign(EVP_PKEY *key, const char *text, size_t n, uint8_t raw[64]);

#endif
