#include "http_edge/headers.h"

#include <string.h>
#include <strings.h>

#include "protocol/wire/arena.h"

static const struct {
    const char *name;
    size_t n, offset;
} known[] = {
#define HEADER(member, text) {text, sizeof text - 1, offsetof(struct headers, member)},
    HEADERS_TABLE
#undef HEADER
};

enum { HEADERS_MAX = 64 };

/* RFC 9110 token characters. */
static const char token_chars[256] = {['!'] = 1,         ['#'] = 1,         ['$'] = 1,        ['%'] = 1, ['&'] = 1,
                                      ['\''] = 1,        ['*'] = 1,         ['+'] = 1,        ['-'] = 1, ['.'] = 1,
                                      ['^'] = 1,         ['_'] = 1,         ['`'] = 1,        ['|'] = 1, ['~'] = 1,
                                      ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1};

static bool bad_name(const char *name, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!token_chars[(unsigned char)name[i]])
            return true;
    return !n;
}

static bool bad_value(const char *value, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (((unsigned char)value[i] < 0x20 && value[i] != '\t') || value[i] == 0x7f)
            return true;
    return false;
}

/* The library writes a NUL over each byte of a line's CR LF. Anything else behind the value means that it was cut at a
 * NUL of the client's, or that the line ended in a bare LF. */
static bool cut(const char *value, size_t n) {
    return value[n + 1] != 0;
}

/* A line that was folded has been put together elsewhere in memory by the library: a value that does not follow its
 * name was never one line. */
static bool folded(const char *name, size_t name_bytes, const char *value, size_t value_bytes) {
    if (!value_bytes)
        return false;
    const char *end = name + name_bytes;
    if (value <= end || value > end + 4096)
        return true;
    for (const char *at = end + 1; at < value; at++)
        if (*at != ' ' && *at != '\t')
            return true;
    return false;
}

static const char *trimmed(struct headers *headers, const char *value, size_t n) {
    size_t kept = n;
    while (kept && (value[kept - 1] == ' ' || value[kept - 1] == '\t'))
        kept--;
    const char *copy = kept < n ? arena_copy(headers->arena, value, kept) : value;
    return copy ? copy : "";
}

static enum MHD_Result read_one(void *self, enum MHD_ValueKind kind, const char *name, size_t name_bytes,
                                const char *value, size_t value_bytes) {
    (void)kind;
    struct headers *headers = self;
    if (++headers->count > HEADERS_MAX) {
        headers->malformed = true;
        headers->why = "There are too many header lines.";
        return MHD_NO;
    }
    if (!value || bad_name(name, name_bytes) || bad_value(value, value_bytes) ||
        folded(name, name_bytes, value, value_bytes) || cut(value, value_bytes)) {
        headers->malformed = true;
        headers->why = "A header line is not well formed.";
        return MHD_NO;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].n != name_bytes || strcasecmp(known[i].name, name) != 0)
            continue;
        const char **to = (const char **)((char *)headers + known[i].offset);
        value = trimmed(headers, value, value_bytes);
        headers->hosts += to == &headers->host;
        headers->lengths += to == &headers->content_length;
        headers->encodings += to == &headers->transfer_encoding;
        bool list = to == &headers->forwarded || to == &headers->forwarded_for || to == &headers->forwarded_proto;
        if (!*to)
            *to = value;
        else if (list) {
            *to = arena_print(headers->arena, "%s,%s", *to, value);
        } else if (to == &headers->authorization || to == &headers->origin || to == &headers->upload_offset ||
                   to == &headers->upload_length || to == &headers->upload_concat || to == &headers->upload_checksum ||
                   to == &headers->idempotency_key) {
            headers->malformed = true;
            headers->why = "A header that may stand once came twice.";
        }
        break;
    }
    return MHD_YES;
}

void headers_read(struct MHD_Connection *connection, struct arena *arena, struct headers *headers) {
    memset(headers, 0, sizeof *headers);
    headers->arena = arena;
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, read_one, headers);
}

static bool bad_host(const char *host) {
    for (const char *at = host; *at; at++)
        if (!((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') ||
              strchr(".-_:[]", *at)))
            return true;
    return strlen(host) > 255;
}

static const char *guard_lengths(const struct headers *headers, bool old, int *http) {
    if (headers->lengths > 1)
        return "Content-Length came twice.";
    if (headers->lengths && headers->encodings)
        return "Content-Length and Transfer-Encoding exclude each other.";
    if (headers->lengths) {
        size_t n = strlen(headers->content_length);
        if (!n || n > 18 || strspn(headers->content_length, "0123456789") != n)
            return "Content-Length is no number.";
    }
    if (!headers->encodings)
        return NULL;
    if (headers->encodings > 1 || old)
        return "Transfer-Encoding cannot be used like this.";
    if (!strcasecmp(headers->transfer_encoding, "chunked"))
        return NULL;
    *http = 501;
    return "Only the transfer coding `chunked` is known.";
}

const char *headers_guard(const struct headers *headers, const char *version, int *http) {
    bool old = !strcmp(version, "HTTP/1.0");
    *http = 400;
    if (!old && strcmp(version, "HTTP/1.1") != 0) {
        *http = !strncmp(version, "HTTP/", 5) ? 505 : 400;
        return "Only HTTP/1.1 and HTTP/1.0 are spoken here.";
    }
    if (headers->malformed)
        return headers->why;
    if (headers->hosts > 1 || (!headers->hosts && !old))
        return "A request carries exactly one Host.";
    if (headers->host && bad_host(headers->host))
        return "Host is not well formed.";
    return guard_lengths(headers, old, http);
}

const char *headers_cookie(const struct headers *headers, const char *name, char *to, size_t size) {
    size_t n = strlen(name);
    for (const char *at = headers->cookie; at && *at;) {
        at += strspn(at, " \t;");
        size_t length = strcspn(at, ";");
        const char *value = at + n + 1;
        if (length > n && !strncmp(at, name, n) && at[n] == '=') {
            size_t bytes = length - n - 1;
            while (bytes && (value[bytes - 1] == ' ' || value[bytes - 1] == '\t'))
                bytes--;
            if (bytes >= 2 && value[0] == '"' && value[bytes - 1] == '"') {
                value++;
                bytes -= 2;
            }
            if (!bytes || bytes >= size)
                return NULL;
            memcpy(to, value, bytes);
            to[bytes] = 0;
            return to;
        }
        at += length;
    }
    return NULL;
}
