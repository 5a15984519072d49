#include "http_edge/keys.h"

#include <stdlib.h>
#include <string.h>

#include "http_edge/token.h"
#include "protocol/node/clock.h"
#include "protocol/node/log.h"
#include "protocol/wire/codec.h"

enum {
    KEYS_MAX = 16,
    KEYS_EVERY_MS = 2000,
    KEYS_AGAIN_MS = 250,
    REVOKED_EVERY_MS = 1000,
    REVOKED_FIRST = 64,
    REVOKED_MAX = 1 << 20
};

/* Open addressing; id 0 is free. */
struct revoked {
    int64_t id, until_ms;
    bool inactive;
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
    uint64_t asked, answered; /* numbers of the last ask for keys and of the last one that was answered */
    bool asking_keys, asking_revoked, have_keys, have_revoked, wanted;
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
                          .keys_asked_ms = -KEYS_EVERY_MS,
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
    explicit_bzero(keys->keys, sizeof keys->keys);
    free(keys);
}

bool keys_ready(const struct keys *keys) {
    return keys->have_keys && keys->have_revoked;
}

const struct key *keys_find(const struct keys *keys, const char *kid) {
    for (size_t i = 0; i < keys->keys_n; i++)
        if (!strcmp(keys->keys[i].kid, kid))
            return &keys->keys[i];
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

bool keys_revoked(const struct keys *keys, int64_t session, bool *inactive) {
    const struct revoked *revoked = &keys->revoked[place(keys, session)];
    if (inactive)
        *inactive = revoked->inactive;
    return revoked->id != 0;
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

void keys_revoke(struct keys *keys, int64_t session, int64_t until_ms, bool inactive) {
    if (session <= 0 || until_ms < clock_wall_ms())
        return;
    if (keys->revoked_n * 2 >= keys->revoked_size && rebuild(keys)) {
        log_error(NULL, "revoked_full", "session=%lld", (long long)session);
        return;
    }
    size_t i = place(keys, session);
    if (!keys->revoked[i].id)
        keys->revoked_n++;
    /* The bus does not say why, the list does. */
    keys->revoked[i] = (struct revoked){session, until_ms, inactive || keys->revoked[i].inactive};
}

static int keep_key(struct key *to, const struct public_key *from) {
    *to = (struct key){.algorithm = strcmp(from->alg, "HS256") ? TOKEN_ES256 : TOKEN_HS256};
    snprintf(to->kid, sizeof to->kid, "%s", from->kid);
    if (to->algorithm == TOKEN_ES256) {
        snprintf(to->pem, sizeof to->pem, "%s", from->pem ? from->pem : "");
        return !strcmp(from->alg, "ES256") && token_key_usable(to->pem) ? 0 : -1;
    }
    to->secret_bytes = from->secret.n;
    if (from->secret.n < 32 || from->secret.n > sizeof to->secret)
        return -1;
    memcpy(to->secret, from->secret.at, from->secret.n);
    return 0;
}

static void keep_keys(struct keys *keys, const struct keys_reply *reply) {
    keys->keys_n = 0;
    for (size_t i = 0; i < reply->keys.n && keys->keys_n < KEYS_MAX; i++) {
        const struct public_key *from = &LIST_AT(reply->keys, struct public_key, i);
        if (keep_key(&keys->keys[keys->keys_n], from))
            log_warn(NULL, "key_unusable", "kid=%s", log_value(from->kid));
        else
            keys->keys_n++;
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
    if (reply) {
        keep_keys(keys, reply);
        keys->answered = keys->asked;
    }
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
            keys_revoke(keys, session->id, session->until, session->inactive);
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

static void ask_keys(struct keys *keys) {
    int64_t now = clock_ms();
    bool urgent = keys->wanted || !keys->have_keys;
    if (keys->asking_keys || now - keys->keys_asked_ms < (urgent ? KEYS_AGAIN_MS : KEYS_EVERY_MS))
        return;
    struct nothing ask = {0};
    struct flight_call call = {.message = message_row(MSG_auth_keys), .ask = &ask, .done = keys_came, .self = keys};
    keys->keys_asked_ms = now;
    keys->wanted = false;
    keys->asking_keys = flight_ask(keys->flights, &call) != 0;
    keys->asked += keys->asking_keys;
}

bool keys_newer(struct keys *keys, uint64_t *since) {
    if (!*since)
        *since = keys->asked + 1;
    if (keys->answered >= *since)
        return true;
    keys->wanted = true;
    ask_keys(keys);
    return false;
}

void keys_tick(struct keys *keys) {
    int64_t now = clock_ms();
    ask_keys(keys);
    if (keys->asking_revoked || now - keys->revoked_asked_ms < (keys->have_revoked ? REVOKED_EVERY_MS : 100))
        return;
    struct revoked_ask ask = {.after = keys->after, .has_after = keys->after > 0};
    struct flight_call call = {
        .message = message_row(MSG_auth_revoked), .ask = &ask, .done = revoked_came, .self = keys};
    keys->revoked_asked_ms = now;
    keys->asking_revoked = flight_ask(keys->flights, &call) != 0;
}
