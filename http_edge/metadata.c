#include "http_edge/metadata.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/wire/check.h"

int64_t metadata_number(const char *text) {
    size_t n = text ? strlen(text) : 0;
    return n && n <= 18 && strspn(text, "0123456789") == n ? strtoll(text, NULL, 10) : -1;
}

static int letter(char c) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(letters, c) : NULL;
    return at ? (int)(at - letters) : -1;
}

/* Base64 with or without padding; -1 when it is none, does not fit or is no UTF-8. */
static int decode(const char *from, size_t n, char *to, size_t size) {
    uint32_t bits = 0;
    size_t wrote = 0;
    int held = 0;
    while (n && from[n - 1] == '=')
        n--;
    for (size_t i = 0; i < n; i++) {
        int six = letter(from[i]);
        if (six < 0 || wrote + 1 >= size)
            return -1;
        bits = bits << 6 | (uint32_t)six;
        if ((held += 6) >= 8)
            to[wrote++] = (char)(bits >> (held -= 8));
    }
    to[wrote] = 0;
    return text_valid(to, wrote) ? 0 : -1;
}

static void encode(const char *text, struct buffer *to) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *at = (const unsigned char *)text;
    for (size_t n = strlen(text), i = 0; i < n; i += 3) {
        uint32_t bits =
            (uint32_t)at[i] << 16 | (i + 1 < n ? (uint32_t)at[i + 1] << 8 : 0) | (i + 2 < n ? at[i + 2] : 0);
        char four[4] = {letters[bits >> 18], letters[bits >> 12 & 63], i + 1 < n ? letters[bits >> 6 & 63] : '=',
                        i + 2 < n ? letters[bits & 63] : '='};
        buffer_add(to, four, 4);
    }
}

/* Whether a key stands before `at`, too. */
static bool came_before(const char *text, const char *at, size_t key) {
    for (const char *from = text; from < at; from += strcspn(from, ",") + 1) {
        from += strspn(from, " ");
        if (from < at && strcspn(from, " ,") == key && !memcmp(from, at, key))
            return true;
    }
    return false;
}

/* "title_id NDI=,filename eC5tcDQ="; other keys are let pass. */
int metadata_read(const char *text, struct metadata *metadata) {
    *metadata = (struct metadata){0};
    if (text && strlen(text) > METADATA_BYTES_MAX)
        return -1;
    for (const char *at = text; at && *at; at++)
        if (*at < ' ' || *at > '~')
            return -1;
    for (const char *at = text; at && *at; at += *at == ',') {
        char value[256];
        at += strspn(at, " ");
        size_t n = strcspn(at, ","), key = strcspn(at, " ,");
        const char *from = at + key + (at[key] == ' ');
        size_t bytes = (size_t)(at + n - from);
        if (came_before(text, at, key))
            return -1;
        bool title = key == 8 && !strncmp(at, "title_id", 8), name = key == 8 && !strncmp(at, "filename", 8);
        if ((title || name) && decode(from, bytes, value, sizeof value))
            return -1;
        if (title && (metadata->title = metadata_number(value)) <= 0)
            return -1;
        if (name)
            snprintf(metadata->filename, sizeof metadata->filename, "%s", value);
        at += n;
    }
    return 0;
}

void metadata_write(int64_t title, const char *filename, struct buffer *to) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)title);
    if (title) {
        buffer_text(to, "title_id ");
        encode(text, to);
    }
    if (!filename || !*filename)
        return;
    buffer_text(to, title ? ",filename " : "filename ");
    encode(filename, to);
}
