#include "tests/unit/jws.h"

#include <openssl/ecdsa.h>

#include "tests/unit/unit.h"

size_t base64url(const void *from, size_t n, char *to) {
    size_t wrote = (size_t)EVP_EncodeBlock((unsigned char *)to, from, (int)n);
    while (wrote && to[wrote - 1] == '=')
        wrote--;
    for (size_t i = 0; i < wrote; i++)
        to[i] = to[i] == '+' ? '-' : to[i] == '/' ? '_' : to[i];
    to[wrote] = 0;
    return wrote;
}

void sign(EVP_PKEY *key, const char *text, size_t n, uint8_t raw[64]) {
    uint8_t der[80];
    size_t bytes = sizeof der;
    const uint8_t *at = der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(context, der, &bytes, (const uint8_t *)text, n), 1);
    EVP_MD_CTX_free(context);
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)bytes);
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + 32, 32);
    ECDSA_SIG_free(signature);
}
