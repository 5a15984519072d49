#include "db/store/place.h"

#include <errno.h>
#include <string.h>

#include "db/store/place_parts.h"

void place_close(struct place *place) {
    if (place)
        place->calls->close(place);
}

bool place_name_good(const char *name) {
    size_t n = strlen(name);
    if (!n || n >= PLACE_NAME_BYTES || name[n - 1] == '/')
        return false;
    bool begins = true;
    for (const char *at = name; *at; at++) {
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9');
        if (begins ? !letter : !letter && !strchr("._-/", *at))
            return false;
        begins = *at == '/';
    }
    return true;
}

static bool good(const char *name) {
    if (place_name_good(name))
        return true;
    errno = EINVAL;
    return false;
}

int place_put(struct place *place, const char *name, const void *bytes, size_t n) {
    return good(name) ? place->calls->put(place, name, bytes, n) : -1;
}

int place_get(struct place *place, const char *name, struct place_get *get) {
    return good(name) ? place->calls->get(place, name, get) : -1;
}

int64_t place_size(struct place *place, const char *name) {
    return good(name) ? place->calls->size(place, name) : -1;
}

int place_delete(struct place *place, const char *name) {
    return good(name) ? place->calls->remove(place, name) : -1;
}

int place_sweep(struct place *place, const char *name, int64_t seconds) {
    return good(name) ? place->calls->sweep(place, name, seconds) : 0;
}

int place_list(struct place *place, const char *prefix, const char *after,
               int (*each)(void *self, const char *name, int64_t bytes), void *self) {
    return place->calls->list(place, prefix, after, each, self);
}

int place_sign(struct place *place, const char *name, int64_t when, int64_t seconds, struct buffer *to) {
    return good(name) ? place->calls->sign(place, name, when, seconds, to) : -1;
}

int place_begin(struct place *place, const char *name, char id[PLACE_ID_BYTES]) {
    return good(name) ? place->calls->begin(place, name, id) : -1;
}

int place_part(struct place *place, const char *name, const char *id, const void *bytes, struct place_part *part) {
    return good(name) ? place->calls->part(place, name, id, bytes, part) : -1;
}

int place_part_write(struct place *place, const char *name, const char *id, int64_t at, const void *bytes, size_t n,
                     struct place_part *part) {
    if (!place->calls->part_write) {
        errno = ENOTSUP;
        return -1;
    }
    return good(name) ? place->calls->part_write(place, name, id, at, bytes, n, part) : -1;
}

int place_part_copy(struct place *place, const char *name, const char *id, const char *from, int64_t offset,
                    struct place_part *part) {
    return good(name) && good(from) ? place->calls->part_copy(place, name, id, from, offset, part) : -1;
}

int place_complete(struct place *place, const char *name, const char *id, const struct place_part *parts, size_t n) {
    return good(name) ? place->calls->complete(place, name, id, parts, n) : -1;
}

int place_abort(struct place *place, const char *name, const char *id) {
    return good(name) ? place->calls->abort(place, name, id) : -1;
}

int place_tidy(struct place *place, const char *name) {
    return good(name) ? place->calls->tidy(place, name) : -1;
}

int64_t place_free_bytes(struct place *place) {
    return place->calls->free_bytes(place);
}
