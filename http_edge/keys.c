#include "http_edge/keys.h"

#include <stdlib.h>
#include <string.h>

#include "http_edge/token.h"
#include "protocol/node/clock.h"
#include "protocol/node/log.h"
#include "protocol/wire/codec.h"

enum {
    KEYS_MAX = 16,
    KEYS_AGAIN_MS = 5000,
    KEYS_FIRST_AGAIN_MS = 250,
    REVOKED_EVERY_MS = 1000,
    REVOKED_FIRST = 64,
    REVOKED_MAX = 1 << 20
};

struct key {
    char kid[65];
    char pem[1001];
};

/* Open addressing; id 0 is free. */
struct revoked {
    int64_t id, until_ms;
};

struct keys {
    struct flights *flights;
    void (*news)(void *self);
    void *self;
    struct key keys[KEYS_MAX];
    size_t keys_n;
    uint8_t playback[64];
    size_t playback_bytes;
    struct revoked *revoked;
    size_t revoked_size, revoked_n;
    int64_t after;
    int64_t keys_asked_ms, revoked_asked_ms;
    bool asking_keys, asking_revoked, have_keys, have_revoked;
};

struct keys *keys_new(struct flights *flights, void (*news)(void *self), void *self) {
    struct keys *keys = calloc(1, sizeof *keys);
    if (!keys)
        return NULL;
    *keys = (struct keys){.flights = flights,
                          .news = news,
                          .self = self,
                          .revoked = calloc(REVOKED_FIRST, sizeof *keys->revoked),
                          .revoked_size = REVOKED_FIRST,
                          .keys_asked_ms = -KEYS_AGAIN_MS,
                          .revoked_asked_ms = -REVOKED_EVERY_MS};
    if (keys->revoked)
        return keys;
    free(keys);
    return NULL;
}

void keys_free(struct keys *keys) {
    if (!keys)
        return;
    free(keys->revoked);
    explicit_bzero(keys->playback, sizeof keys->playback);
    free(keys);
}

bool keys_ready(const struct keys *keys) {
    return keys->have_keys && keys->have_revoked;
}

const char *keys_find(const struct keys *keys, const char *kid) {
    for (size_t i = 0; i < keys->keys_n; i++)
        if (!strcmp(keys->keys[i].kid, kid))
            return keys->keys[i].pem;
    return NULL;
}

const uint8_t *keys_playback(const struct keys *keys, size_t *n) {
    *n = keys->playback_bytes;
    return keys->playback_bytes ? keys->playback : NULL;
}

static size_t place(const struct keys *keys, int64_t id) {
    uint64_t hash = (uint64_t)id * 0x9e3779b97f4a7c15u;
    size_t i = (size_t)(hash >> 20) & (keys->revoked_size - 1);
    while (keys->revoked[i].id && keys->revoked[i].id != id)
        i = (i + 1) & (keys->revoked_size - 1);
    return i;
}

bool keys_revoked(const struct keys *keys, int64_t session) {
    return keys->revoked[place(keys, session)].id != 0;
}

/* Doubles the table, or only drops what has expired when that is enough. */
static int rebuild(struct keys *keys) {
    int64_t now = clock_wall_ms();
    size_t size = keys->revoked_size, alive = 0;
    struct revoked *old = keys->revoked;
    for (size_t i = 0; i < size; i++)
        alive += old[i].id && old[i].until_ms > now;
    size_t wanted = alive * 4 > size ? size * 2 : size;
    if (!wanted || wanted > REVOKED_MAX)
        return -1;
    struct revoked *table = calloc(wanted, sizeof *table);
    if (!table)
        return -1;
    keys->revoked = table;
    keys->revoked_size = wanted;
    keys->revoked_n = 0;
    for (size_t i = 0; i < size; i++)
        if (old[i].id && old[i].until_ms > now) {
            table[place(keys, old[i].id)] = old[i];
            keys->revoked_n++;
        }
    free(old);
    return 0;
}

void keys_revoke(struct keys *keys, int64_t session, int64_t until_ms) {
    if (session <= 0 || until_ms < clock_wall_ms())
        return;
    if (keys->revoked_n * 2 >= keys->revoked_size && rebuild(keys)) {
        log_error(NULL, "revoked_full", "session=%lld", (long long)session);
        return;
    }
    size_t i = place(keys, session);
    if (!keys->revoked[i].id)
        keys->revoked_n++;
    keys->revoked[i] = (struct revoked){session, until_ms};
}

static void keep_keys(struct keys *keys, const struct keys_reply *reply) {
    keys->keys_n = 0;
    for (size_t i = 0; i < reply->keys.n && keys->keys_n < KEYS_MAX; i++) {
        const struct public_key *from = &LIST_AT(reply->keys, struct public_key, i);
        if (strcmp(from->alg, "ES256") != 0 || !token_key_usable(from->pem)) {
            log_warn(NULL, "key_unusable", "kid=%s", log_value(from->kid));
            continue;
        }
        struct key *to = &keys->keys[keys->keys_n++];
        snprintf(to->kid, sizeof to->kid, "%s", from->kid);
        snprintf(to->pem, sizeof to->pem, "%s", from->pem);
    }
    memcpy(keys->playback, reply->playback_secret.at, reply->playback_secret.n);
    keys->playback_bytes = reply->playback_secret.n;
    keys->have_keys = true;
}

static void keys_came(void *self, unsigned tag, enum status status, const void *body, size_t n) {
    (void)tag;
    struct keys *keys = self;
    struct fault fault;
    struct arena *arena = arena_new();
    keys->asking_keys = false;
    struct keys_reply *reply = status == OK && arena ? body_decode(keys_reply_record(), body, n, arena, &fault) : NULL;
    if (reply)
        keep_keys(keys, reply);
    arena_free(arena);
    keys->news(keys->self);
}

static void revoked_came(void *self, unsigned tag, enum status status, const void *body, size_t n) {
    (void)tag;
    struct keys *keys = self;
    struct fault fault;
    struct arena *arena = arena_new();
    keys->asking_revoked = false;
    struct revoked_reply *reply =
        status == OK && arena ? body_decode(revoked_reply_record(), body, n, arena, &fault) : NULL;
    if (reply) {
        for (size_t i = 0; i < reply->sessions.n; i++) {
            const struct revoked_session *session = &LIST_AT(reply->sessions, struct revoked_session, i);
            keys_revoke(keys, session->id, session->until);
        }
        /* A full page means that there is more. */
        bool more = reply->sessions.n && reply->last > keys->after;
        keys->after = reply->last;
        keys->have_revoked |= !more || reply->sessions.n < 1000;
        if (more && reply->sessions.n >= 1000)
            keys->revoked_asked_ms = clock_ms() - REVOKED_EVERY_MS;
    }
    arena_free(arena);
    keys->news(keys->self);
}

bool keys_ask(struct keys *keys) {
    int64_t now = clock_ms(), pause = keys->have_keys ? KEYS_AGAIN_MS : KEYS_FIRST_AGAIN_MS;
    if (keys->asking_keys)
        return true;
    if (now - keys->keys_asked_ms < pause)
        return false;
    struct nothing ask = {0};
    struct flight_call call = {.message = message_row(MSG_auth_keys), .ask = &ask, .done = keys_came, .self = keys};
    keys->keys_asked_ms = now;
    keys->asking_keys = flight_ask(keys->flights, &call) != 0;
    return keys->asking_keys;
}

void keys_tick(struct keys *keys) {
    int64_t now = clock_ms();
    if (!keys->have_keys)
        keys_ask(keys);
    if (keys->asking_revoked || now - keys->revoked_asked_ms < (keys->have_revoked ? REVOKED_EVERY_MS : 100))
        return;
    struct revoked_ask ask = {.after = keys->after, .has_after = keys->after > 0};
    struct flight_call call = {
        .message = message_row(MSG_auth_revoked), .ask = &ask, .done = revoked_came, .self = keys};
    keys->revoked_asked_ms = now;
    keys->asking_revoked = flight_ask(keys->flights, &call) != 0;
}
