#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "actors/mail/mail.h"
#include "protocol/node/config.h"

#define LINK(setting) offsetof(struct config, setting), #setting

/* Where links of a dialect lead. */
static const struct {
    const char *dialect, *kind;
    size_t place;
    const char *setting;
} links[] = {
    {"v1", "activation", LINK(link_v1_activation)},
    {"v1", "address", LINK(link_v1_address)},
    {"v1", "reset", LINK(link_v1_reset)},
    {"veeplay", "activation", LINK(link_v1_activation)},
    {"veeplay", "address", LINK(link_v1_address)},
    {"veeplay", "reset", LINK(link_veeplay_reset)},
    {"videoapp", "activation", LINK(link_v1_activation)},
    {"videoapp", "address", LINK(link_v1_address)},
    {"videoapp", "reset", LINK(link_v1_reset)},
    {"streamify", "activation", LINK(link_v1_activation)},
    {"streamify", "address", LINK(link_v1_address)},
    {"streamify", "reset", LINK(link_v1_reset)},
    {"videoflix_hls", "activation", LINK(link_videoflix_hls_activation)},
    {"videoflix_hls", "address", LINK(link_v1_address)},
    {"videoflix_hls", "reset", LINK(link_videoflix_hls_reset)},
    {"videoflix_s3", "activation", LINK(link_videoflix_s3_activation)},
    {"videoflix_s3", "address", LINK(link_v1_address)},
    {"videoflix_s3", "reset", LINK(link_videoflix_s3_reset)},
};

static const char *pattern(size_t i) {
    return *(const char *const *)((const char *)config() + links[i].place);
}

const char *link_find(const char *dialect, const char *kind) {
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (!strcmp(links[i].dialect, dialect) && !strcmp(links[i].kind, kind))
            return pattern(i);
    return NULL;
}

bool greets_by_address(const char *dialect) {
    return !strcmp(dialect, "videoflix_hls");
}

void links_check(void) {
    struct post post = {.account_id = 1, .kind = "", .token = "token", .dialect = "", .detail = ""};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        struct buffer filled = {0};
        bool good = strstr(pattern(i), "{token}") && !strstr(pattern(i), "{link}") &&
                    !strstr(pattern(i), "{greeting}") && !places_fill(pattern(i), &post, false, &filled);
        buffer_free(&filled);
        if (good)
            continue;
        char name[64];
        snprintf(name, sizeof name, "%s", links[i].setting);
        for (char *c = name; *c; c++)
            *c = (char)toupper((unsigned char)*c);
        fprintf(stderr, "ZOE_%s: must be a link with {token}; {front}, {back}, {uid}, {uid36} may stand in it\n", name);
        exit(EX_CONFIG);
    }
}
