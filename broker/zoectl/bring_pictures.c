#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/zoectl/bring.h"
#include "db/store/store.h"
#include "protocol/node/config.h"
#include "protocol/node/log.h"

/* Posters of titles: files below --media, read in the sandbox like pictures that are uploaded. */

/* What cannot be read as a picture costs only that picture. */
static int make(struct bring *bring, const char *external, int64_t title, const char *file) {
    struct picture_ask ask = poster_ask(file);
    struct title_picture change = {.id = title, .which = "poster"};
    int rc = bring_ask(bring, MSG_transcode_picture, &ask);
    if (!rc && bring->call.status == OK) {
        char name[PICTURE_NAME_BYTES];
        snprintf(name, sizeof name, "%s", ((const struct picture_made *)bring->call.answer)->name);
        change.picture = name;
        rc = bring_ask(bring, MSG_content_picture, &change);
    }
    if (rc || bring->call.status == OK) {
        bring->picture.added += !rc;
        return rc;
    }
    fprintf(stderr, "%s: its picture was not taken\n", external);
    zoectl_refused(&bring->call);
    bring->picture.refused++;
    return 0;
}

static int bring_picture(struct bring *bring, const char *external, const char *name) {
    char stored[PICTURE_NAME_BYTES];
    int64_t bytes = 0;
    int rc;
    const struct external_title *title = media_title(bring, external, &rc);
    int64_t id = title ? title->id : 0;
    if (rc || (title ? title->pictured : !bring->dry)) {
        bring->picture.same += !rc;
        return rc;
    }
    int file = media_open(bring, name, &bytes);
    if (file >= 0 && bytes > config()->picture_bytes) {
        close(file);
        file = -1;
        errno = EFBIG;
    }
    if (file < 0) {
        media_missing(&bring->picture, external, "picture", name);
        return 0;
    }
    if (bring->dry)
        bring->picture.added++;
    else if (picture_store(file, (size_t)bytes, stored))
        media_missing(&bring->picture, external, "picture", name);
    else
        rc = make(bring, external, id, stored);
    close(file);
    return rc;
}

int bring_pictures(struct bring *bring) {
    const char *external;
    json_t *name;
    int rc = 0;
    json_object_foreach(bring->pictures, external, name) {
        rc = rc ? rc : bring_picture(bring, external, json_string_value(name));
    }
    return rc;
}
