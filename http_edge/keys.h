#ifndef ZOE_EDGE_KEYS_H
#define ZOE_EDGE_KEYS_H

#include "http_edge/flight.h"
#include "http_edge/token.h"

/* The keys that tokens are checked with and the sessions that ended early, as auth tells them: fetched when a broker is
 * found, keys again every two seconds (auth signs with a new key only after five) and for an unknown key id, ended
 * sessions every second and by hints of the bus. */
struct keys;

/* The key decides the algorithm, whatever a token says. */
struct key {
    char kid[65];
    enum token_algorithm algorithm;
    char pem[1001]; /* ES256 */
    uint8_t secret[512];
    size_t secret_bytes; /* HS256 */
};

/* `news` is called when keys or ended sessions arrived, or when asking for them failed. */
struct keys *keys_new(struct flights *flights, void (*news)(void *self), void *self);
void keys_free(struct keys *keys);

/* Both were fetched at least once: tokens can be judged. */
bool keys_ready(const struct keys *keys);

/* The key of an id; NULL when it is not known. */
const struct key *keys_find(const struct keys *keys, const char *kid);

/* Whether keys have come that were asked for after the first call with this `since` (0 then); has them fetched soon, at
 * most once in a quarter of a second however many ask. */
bool keys_newer(struct keys *keys, uint64_t *since);

/* HMAC key of playback tokens; NULL before the first answer. */
const uint8_t *keys_playback(const struct keys *keys, size_t *n);

/* *inactive (may be NULL): because its account was suspended. */
bool keys_revoked(const struct keys *keys, int64_t session, bool *inactive);
void keys_revoke(struct keys *keys, int64_t session, int64_t until_ms, bool inactive);

/* Call it when a broker was found and every 250 ms. */
void keys_tick(struct keys *keys);

#endif
