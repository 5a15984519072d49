#include "protocol/node/curve.h"

#include <string.h>

#include "protocol/node/config.h"
#include "protocol/node/log.h"

/* The public half of the cluster's key. */
static int public_of(char to[CURVE_TEXT_BYTES]) {
    const char *secret = config()->cluster_key;
    uint8_t bytes[32];
    bool good =
        strlen(secret) == CURVE_TEXT_BYTES - 1 && zmq_z85_decode(bytes, secret) && !zmq_curve_public(to, secret);
    explicit_bzero(bytes, sizeof bytes);
    if (good)
        return 0;
    log_error(NULL, "no_cluster_key", "why=\"tcp:// needs ZOE_CLUSTER_KEY, as zoectl keys cluster makes it\"");
    return -1;
}

bool curve_ready(void) {
    char key[CURVE_TEXT_BYTES];
    return !public_of(key);
}

int curve_dial(zsock_t *sock, const char *endpoint) {
    char key[CURVE_TEXT_BYTES];
    if (strncmp(endpoint, "tcp://", 6) != 0) {
        zsock_set_curve_server(sock, 0);
        return 0;
    }
    if (public_of(key))
        return -1;
    zsock_set_curve_serverkey(sock, key);
    zsock_set_curve_publickey(sock, key);
    zsock_set_curve_secretkey(sock, config()->cluster_key);
    return 0;
}

int curve_listen(zsock_t *sock) {
    char key[CURVE_TEXT_BYTES];
    if (public_of(key))
        return -1;
    zsock_set_zap_domain(sock, "zoetrope");
    zsock_set_curve_publickey(sock, key);
    zsock_set_curve_secretkey(sock, config()->cluster_key);
    zsock_set_curve_server(sock, 1);
    return 0;
}

bool curve_ours(const uint8_t *key, size_t n) {
    char text[CURVE_TEXT_BYTES];
    uint8_t own[32];
    return n == sizeof own && !public_of(text) && zmq_z85_decode(own, text) && !memcmp(own, key, n);
}

int curve_make(char to[CURVE_TEXT_BYTES]) {
    char key[CURVE_TEXT_BYTES];
    return zmq_curve_keypair(key, to);
}
