#include <stddef.h>
#include <string.h>

#include "actors/mail/mail.h"
#include "protocol/node/config.h"

#define LINK(setting) offsetof(struct config, setting), #setting

/* Where links lead; a dialect that is not named has those of v1. */
static const struct {
    const char *dialect, *kind;
    size_t place;
    const char *setting;
} links[] = {
    {"v1", "activation", LINK(link_v1_activation)},
    {"v1", "address", LINK(link_v1_address)},
    {"v1", "reset", LINK(link_v1_reset)},
    {"veeplay", "reset", LINK(link_veeplay_reset)},
    {"videoflix_hls", "activation", LINK(link_videoflix_hls_activation)},
    {"videoflix_hls", "reset", LINK(link_videoflix_hls_reset)},
    {"videoflix_s3", "activation", LINK(link_videoflix_s3_activation)},
    {"videoflix_s3", "reset", LINK(link_videoflix_s3_reset)},
};

static const char *pattern(size_t i) {
    return *(const char *const *)((const char *)config() + links[i].place);
}

const char *link_find(const char *dialect, const char *kind) {
    const char *usual = NULL;
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        if (strcmp(links[i].kind, kind) != 0)
            continue;
        if (!strcmp(links[i].dialect, dialect))
            return pattern(i);
        usual = !strcmp(links[i].dialect, "v1") ? pattern(i) : usual;
    }
    return usual;
}

const char *link_at(size_t i, const char **setting) {
    if (i >= sizeof links / sizeof *links)
        return NULL;
    *setting = links[i].setting;
    return pattern(i);
}
