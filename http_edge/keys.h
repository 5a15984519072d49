#ifndef ZOE_EDGE_KEYS_H
#define ZOE_EDGE_KEYS_H

#include "http_edge/flight.h"

/* The keys that tokens are checked with and the sessions that ended early, as auth tells them: fetched when a broker is
 * found, keys again for an unknown key id, ended sessions every second and by hints of the bus. */
struct keys;

/* `news` is called when keys or ended sessions arrived, or when asking for them failed. */
struct keys *keys_new(struct flights *flights, void (*news)(void *self), void *self);
void keys_free(struct keys *keys);

/* Both were fetched at least once: tokens can be judged. */
bool keys_ready(const struct keys *keys);

/* The public key of a key id, PEM; NULL when it is not known. */
const char *keys_find(const struct keys *keys, const char *kid);

/* Asks auth for keys, at most once in a few seconds. Whether an answer is under way. */
bool keys_ask(struct keys *keys);

/* HMAC key of playback tokens; NULL before the first answer. */
const uint8_t *keys_playback(const struct keys *keys, size_t *n);

bool keys_revoked(const struct keys *keys, int64_t session);
void keys_revoke(struct keys *keys, int64_t session, int64_t until_ms);

/* Call it when a broker was found and every 250 ms. */
void keys_tick(struct keys *keys);

#endif
