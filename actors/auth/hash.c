#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actors/auth/auth.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

/* Salt of a hash that no password has: unknown accounts cost as much as known ones. */
static const char nobody[] = "$2b$%02d$......................";

static int hash_with(const char *password, const char *setting, char to[HASH_BYTES]) {
    struct crypt_data *data = calloc(1, sizeof *data);
    if (!data)
        return -1;
    const char *hash = crypt_r(password, setting, data);
    int rc = hash && hash[0] != '*' && strlen(hash) < HASH_BYTES ? 0 : -1;
    if (!rc)
        strcpy(to, hash);
    explicit_bzero(data, sizeof *data);
    free(data);
    return rc;
}

int password_hash(const char *password, char to[HASH_BYTES]) {
    char random[16], setting[CRYPT_GENSALT_OUTPUT_SIZE];
    random_bytes(random, sizeof random);
    if (!crypt_gensalt_rn("$2b$", (unsigned long)config()->bcrypt_cost, random, sizeof random, setting, sizeof setting))
        return -1;
    return hash_with(password, setting, to);
}

static bool equal(const char *a, const char *b) {
    unsigned char differ = strlen(a) != strlen(b);
    for (; *a && *b; a++, b++)
        differ |= (unsigned char)(*a ^ *b);
    return !differ;
}

/* Only bcrypt's cost can be lower than that of today: what is missing is 2^old + 2^(old+1) + ... + 2^(today-1). */
static void make_up(const char *password, int cost) {
    char made[HASH_BYTES], setting[40];
    for (; cost < (int)config()->bcrypt_cost; cost++) {
        snprintf(setting, sizeof setting, nobody, cost);
        if (hash_with(password, setting, made))
            return;
    }
}

static bool bcrypt_matches(const char *password, const char *hash) {
    char made[HASH_BYTES], setting[40];
    int cost = (int)config()->bcrypt_cost;
    snprintf(setting, sizeof setting, nobody, cost);
    /* bcrypt would silently cut at 72 bytes. */
    bool usable = hash && strlen(password) <= PASSWORD_BYTES_MAX;
    if (hash_with(password, usable ? hash : setting, made))
        return false;
    bool same = usable && equal(made, hash);
    explicit_bzero(made, sizeof made);
    if (usable && !same && sscanf(hash, "$2%*c$%d$", &cost) == 1)
        make_up(password, cost);
    return same;
}

bool password_matches(const char *password, const char *hash, const char *sample) {
    bool foreign = hash && hash_foreign(hash);
    bool same = bcrypt_matches(password, foreign ? NULL : hash);
    if (foreign)
        same = foreign_matches(password, hash);
    else if (sample)
        foreign_matches(password, sample);
    return same;
}

bool password_stale(const char *hash) {
    int cost;
    return sscanf(hash, "$2%*c$%d$", &cost) != 1 || cost < (int)config()->bcrypt_cost;
}
