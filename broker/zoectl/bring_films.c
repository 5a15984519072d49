#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/zoectl/bring.h"
#include "protocol/node/log.h"

/* Films of the titles: files below --media go into the store as an edge would put them there, and are transcoded. */

int media_open(const struct bring *bring, const char *name, int64_t *bytes) {
    char path[4300];
    struct stat stat_;
    if (!strncmp(name, "/media/", 7))
        name += 7;
    name += strspn(name, "/");
    if (!bring->media || strstr(name, "..") ||
        (size_t)snprintf(path, sizeof path, "%s/%s", bring->media, name) >= sizeof path) {
        errno = bring->media ? EINVAL : ENOENT;
        return -1;
    }
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file >= 0 && (fstat(file, &stat_) || !S_ISREG(stat_.st_mode) || !stat_.st_size)) {
        close(file);
        errno = ENOENT;
        return -1;
    }
    *bytes = file >= 0 ? stat_.st_size : 0;
    return file;
}

const struct external_title *media_title(struct bring *bring, const char *external, int *rc) {
    *rc = bring_ask(bring, MSG_content_external, &(struct externals_ask){.external_ids = {&external, 1}});
    if (!*rc && bring->call.status != OK)
        *rc = zoectl_refused(&bring->call);
    const struct external_list *list = *rc ? NULL : bring->call.answer;
    return list && list->items.n ? list->items.at : NULL;
}

void media_missing(struct tally *tally, const char *external, const char *what, const char *name) {
    tally->refused++;
    printf("%s needs its %s: %s: %s\n", external, what, log_value(name), strerror(errno));
}

static int bring_film(struct bring *bring, const char *external, const char *name) {
    int64_t bytes = 0;
    int rc;
    const struct external_title *title = media_title(bring, external, &rc);
    bool none = title ? !strcmp(title->state, "none") : bring->dry;
    int64_t id = title ? title->id : 0;
    if (rc || !none) {
        bring->film.same += !rc;
        return rc;
    }
    int file = media_open(bring, name, &bytes);
    if (file < 0) {
        media_missing(&bring->film, external, "film", name);
        return 0;
    }
    rc = bring->dry ? 0 : film_upload(id, file, bytes, name);
    close(file);
    bring->film.added += !rc;
    return rc;
}

int bring_films(struct bring *bring) {
    const char *external;
    json_t *name;
    int rc = 0;
    json_object_foreach(bring->films, external, name) {
        rc = rc ? rc : bring_film(bring, external, json_string_value(name));
    }
    return rc;
}
