#include "db/store/xml.h"

#include <string.h>

/* Where `<name>` or `<name ...>` begins and what is inside it; NULL when there is none. */
static const char *find(const char *from, const char *end, const char *name, const char **inside) {
    size_t n = strlen(name);
    for (const char *at = from; (at = memchr(at, '<', (size_t)(end - at))); at++) {
        if ((size_t)(end - at) < n + 2 || memcmp(at + 1, name, n) != 0)
            continue;
        char next = at[1 + n];
        const char *close = memchr(at, '>', (size_t)(end - at));
        if (!close || (next != '>' && next != ' ' && next != '\n'))
            continue;
        *inside = close[-1] == '/' ? NULL : close + 1;
        return at;
    }
    return NULL;
}

static const char *find_end(const char *from, const char *end, const char *name) {
    size_t n = strlen(name);
    for (const char *at = from; (at = memchr(at, '<', (size_t)(end - at))); at++)
        if ((size_t)(end - at) >= n + 3 && at[1] == '/' && !memcmp(at + 2, name, n) && at[2 + n] == '>')
            return at;
    return NULL;
}

bool xml_has(const struct buffer *xml, const char *name) {
    const char *inside;
    return xml->n && find(xml->at, xml->at + xml->n, name, &inside);
}

bool xml_next(const struct buffer *xml, const char *name, size_t *at, struct buffer *inside) {
    const char *end = xml->at + xml->n, *begins;
    if (!xml->n || *at >= xml->n || !find(xml->at + *at, end, name, &begins) || !begins)
        return false;
    const char *ends = find_end(begins, end, name);
    if (!ends)
        return false;
    *inside = (struct buffer){.at = (char *)begins, .n = (size_t)(ends - begins)};
    *at = (size_t)(ends - xml->at);
    return true;
}

static size_t entity(const char *at, size_t n, char *to) {
    static const struct {
        const char *text;
        char is;
    } known[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&#34;", '"'}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t length = strlen(known[i].text);
        if (n >= length && !memcmp(at, known[i].text, length)) {
            *to = known[i].is;
            return length;
        }
    }
    *to = *at;
    return 1;
}

int xml_text(const struct buffer *xml, const char *name, char *to, size_t size) {
    struct buffer inside;
    size_t at = 0, n = 0;
    if (!xml_next(xml, name, &at, &inside))
        return -1;
    for (size_t i = 0; i < inside.n;) {
        if (n + 1 >= size)
            return -1;
        i += entity(inside.at + i, inside.n - i, to + n++);
    }
    to[n] = 0;
    return 0;
}
