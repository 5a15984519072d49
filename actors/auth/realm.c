#include <jwt.h>
#include <stdio.h>
#include <string.h>

#include "actors/auth/auth.h"
#include "protocol/node/config.h"

static int number_and_email(jwt_t *jwt, const struct account *account) {
    int bad = jwt_add_grant_int(jwt, "user_id", account->id);
    return bad ? bad : jwt_add_grant(jwt, "email", account->email);
}

static int hexadecimal(jwt_t *jwt, const struct account *account) {
    char id[32];
    snprintf(id, sizeof id, "%024llx", (unsigned long long)account->id);
    return jwt_add_grant(jwt, "user_id", id);
}

static int number_as_text(jwt_t *jwt, const struct account *account) {
    char id[32];
    snprintf(id, sizeof id, "%lld", (long long)account->id);
    int bad = jwt_add_grant(jwt, "user_id", id);
    return bad ? bad : jwt_add_grant(jwt, "token_type", "access");
}

/* Where a dialect has no way to refresh, a session lives as long as its token. */
static const struct realm others[] = {
    {"veeplay", 3600, 3600, .password_bytes_min = 8, .claims = number_and_email},
    /* Its document registers with test123. */
    {"videoapp", 86400, 86400, .password_bytes_min = 6, .any_password = true, .claims = hexadecimal},
    /* Its client refreshes every 20 minutes and never on a 401. */
    {"videoflix_hls", 1260, 86400, .proven = true, .password_bytes_min = 8, .not_digits = true,
     .claims = number_as_text},
    {"videoflix_s3", 300, 3600, .proven = true, .rotates = true, .password_bytes_min = 8, .remember_seconds = 604800,
     .claims = number_as_text},
    {"streamify", 86400, 86400, .password_bytes_min = 8},
};

const struct realm *realm_find(const char *dialect) {
    static _Thread_local struct realm v1;
    v1 = (struct realm){"v1",
                        config()->access_seconds,
                        config()->refresh_seconds,
                        .proven = !strcmp(config()->login_proven, "on"),
                        .silent = true,
                        .rotates = true,
                        .password_bytes_min = 8};
    if (!strcmp(dialect, v1.dialect))
        return &v1;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!strcmp(dialect, others[i].dialect))
            return &others[i];
    return NULL;
}

int64_t realm_access_seconds_max(void) {
    int64_t most = config()->access_seconds;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        most = others[i].access_seconds > most ? others[i].access_seconds : most;
    return most;
}
