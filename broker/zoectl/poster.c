#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/zoectl/zoectl.h"
#include "db/store/store.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"
#include "protocol/node/log.h"

/* Posters that do not come through an edge: read in the sandbox like those that do. */

int title_find(const char *title, int64_t *id) {
    char *end;
    struct zoectl_call call = {.arena = arena_new()};
    *id = strtoll(title, &end, 10);
    if (!call.arena || (*title && !*end && *id > 0)) {
        arena_free(call.arena);
        return *id > 0 ? 0 : EX_OSERR;
    }
    int rc = zoectl_tell(MSG_content_external, &(struct externals_ask){.external_ids = {&title, 1}}, &call);
    const struct external_list *list = rc ? NULL : call.answer;
    if (list && list->items.n)
        *id = ((const struct external_title *)list->items.at)->id;
    else if (list) {
        zoectl_complain("there is no title %s", log_value(title));
        rc = 1;
    }
    arena_free(call.arena);
    return rc;
}

int picture_store(int file, size_t bytes, char name[PICTURE_NAME_BYTES]) {
    char path[50], *picture = malloc(bytes + 1);
    size_t done = 0;
    int rc = picture ? 0 : -1;
    snprintf(name, PICTURE_NAME_BYTES, "%016llx%016llx", (unsigned long long)random_u64(),
             (unsigned long long)random_u64());
    snprintf(path, sizeof path, "incoming/%s", name);
    while (!rc && done < bytes) {
        ssize_t n = read(file, picture + done, bytes - done);
        if (n < 0 && errno == EINTR)
            continue;
        rc = n > 0 ? 0 : -1;
        done += n > 0 ? (size_t)n : 0;
    }
    rc = rc ? rc : store_put(path, picture, bytes);
    free(picture);
    return rc;
}

struct picture_ask poster_ask(const char *file) {
    static const int64_t sizes[] = {1080, 360};
    return (struct picture_ask){.file = file, .shape = "keep", .sizes = {(void *)sizes, 2}};
}

/* An exit status. */
static int make(int64_t id, const char *stored) {
    struct zoectl_call call = {.arena = arena_new()};
    struct picture_ask ask = poster_ask(stored);
    struct title_picture change = {.id = id, .has_id = true, .which = "poster"};
    char name[PICTURE_NAME_BYTES];
    int rc = call.arena ? zoectl_tell(MSG_transcode_picture, &ask, &call) : EX_OSERR;
    if (!rc) {
        snprintf(name, sizeof name, "%s", ((const struct picture_made *)call.answer)->name);
        change.picture = name;
        rc = zoectl_tell(MSG_content_picture, &change, &call);
    }
    arena_free(call.arena);
    return rc;
}

int poster_put(const char *title, const char *path) {
    struct stat stat_;
    char stored[PICTURE_NAME_BYTES];
    int64_t id = 0;
    int rc = EX_NOINPUT, file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &stat_) || !S_ISREG(stat_.st_mode))
        zoectl_complain("%s cannot be read", path);
    else if (stat_.st_size > config()->picture_bytes)
        zoectl_complain("%s is larger than ZOE_PICTURE_BYTES", path);
    else if (!(rc = title_find(title, &id)) && (store_open() || picture_store(file, (size_t)stat_.st_size, stored))) {
        zoectl_complain("%s cannot be stored: %s", path, strerror(errno));
        rc = EX_UNAVAILABLE;
    } else if (!rc)
        rc = make(id, stored);
    if (file >= 0)
        close(file);
    return rc;
}
