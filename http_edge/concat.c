#include "http_edge/concat.h"

#include <string.h>

#include "http_edge/upload.h"

enum { TEXT_MAX = 8000 };

static const char final[] = "final;";

enum concat_kind concat_kind(const char *text) {
    if (!text)
        return CONCAT_NONE;
    if (!strcmp(text, "partial"))
        return CONCAT_PARTIAL;
    return strncmp(text, final, sizeof final - 1) ? CONCAT_UNKNOWN : CONCAT_FINAL;
}

/* What follows the last slash, when that belongs to /uploads/. */
static const char *name_of(const char *at, size_t n, struct arena *arena) {
    static const char folder[] = "/uploads/";
    char name[128];
    const char *slash = memrchr(at, '/', n);
    size_t path = slash ? (size_t)(slash - at) + 1 : 0;
    if (path < sizeof folder - 1 || memcmp(slash + 1 - (sizeof folder - 1), folder, sizeof folder - 1) != 0)
        return NULL;
    const char *id = arena_copy(arena, slash + 1, n - path);
    return id && !upload_name(id, name, sizeof name) ? id : NULL;
}

int concat_parts(const char *text, struct arena *arena, const char *ids[CONCAT_PARTS_MAX]) {
    int count = 0;
    if (strlen(text) > TEXT_MAX)
        return -1;
    for (const char *at = text + sizeof final - 1; *(at += strspn(at, " "));) {
        size_t n = strcspn(at, " ");
        const char *id = count < CONCAT_PARTS_MAX ? name_of(at, n, arena) : NULL;
        if (!id)
            return -1;
        ids[count++] = id;
        at += n;
    }
    return count ? count : -1;
}
