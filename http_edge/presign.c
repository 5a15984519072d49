#include "http_edge/presign.h"

#include <string.h>

#include "db/store/store.h"

enum { NAME_BYTES = PLACE_NAME_BYTES };

static bool is_playlist(const char *at, size_t n) {
    return n > 5 && (!memcmp(at + n - 5, ".m3u8", 5) || !memcmp(at + n - 4, ".mpd", 4));
}

/* Appends the signed address of what `at` names beside the playlist, or the name itself when it is a playlist or no
 * name of ours. `../` leads one folder up. */
static int add_address(const char *at, size_t n, const char *folder, int64_t when, int64_t seconds, struct buffer *to) {
    char name[NAME_BYTES];
    size_t up = strlen(folder);
    const char *leaf = at;
    size_t left = n;
    while (left > 3 && !memcmp(leaf, "../", 3)) {
        leaf += 3;
        left -= 3;
        while (up && folder[up - 1] != '/')
            up--;
        up -= up > 0;
    }
    if (is_playlist(at, n) || !up || up + 1 + left >= sizeof name) {
        buffer_add(to, at, n);
        return 0;
    }
    memcpy(name, folder, up);
    name[up] = '/';
    memcpy(name + up + 1, leaf, left);
    name[up + 1 + left] = 0;
    if (place_name_good(name))
        return place_sign(store_place(), name, when, seconds, to);
    buffer_add(to, at, n);
    return 0;
}

/* A tag's URI="..." */
static int add_tag(const char *at, size_t n, const char *folder, int64_t when, int64_t seconds, struct buffer *to) {
    static const char mark[] = "URI=\"";
    const char *uri = memmem(at, n, mark, sizeof mark - 1);
    const char *from = uri ? uri + sizeof mark - 1 : NULL;
    const char *end = from ? memchr(from, '"', (size_t)(at + n - from)) : NULL;
    if (!end) {
        buffer_add(to, at, n);
        return 0;
    }
    buffer_add(to, at, (size_t)(from - at));
    if (add_address(from, (size_t)(end - from), folder, when, seconds, to))
        return -1;
    buffer_add(to, end, (size_t)(at + n - end));
    return 0;
}

int presign_playlist(const char *text, size_t n, const char *folder, int64_t when, int64_t seconds, struct buffer *to) {
    const char *end = text + n;
    for (const char *at = text; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t length = newline ? (size_t)(newline - at) : (size_t)(end - at);
        int rc = 0;
        if (length && *at == '#')
            rc = add_tag(at, length, folder, when, seconds, to);
        else if (length)
            rc = add_address(at, length, folder, when, seconds, to);
        if (rc)
            return -1;
        if (newline)
            buffer_add(to, "\n", 1);
        at += length + (newline != NULL);
    }
    return to->failed ? -1 : 0;
}
