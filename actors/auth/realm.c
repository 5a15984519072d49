#include <string.h>

#include "actors/auth/auth.h"
#include "protocol/node/config.h"

static const struct realm others[] = {
    /* Its client refreshes every 20 minutes and never on a 401. */
    {"videoflix_hls", 1260, 86400, .proven = true, .rotates = false, .password_bytes_min = 8},
};

const struct realm *realm_find(const char *dialect) {
    static _Thread_local struct realm v1;
    v1 = (struct realm){"v1",
                        config()->access_seconds,
                        config()->refresh_seconds,
                        .proven = false,
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
