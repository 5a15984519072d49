#include "db/array.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void array_write_text(const char *text, struct buffer *to) {
    buffer_text(to, "\"");
    for (size_t n; *text; text += n) {
        n = strcspn(text, "\"\\");
        buffer_add(to, text, n);
        if (text[n]) {
            buffer_text(to, "\\");
            buffer_add(to, text + n++, 1);
        }
    }
    buffer_text(to, "\"");
}

const char *array_write(const struct list *list, enum field_type type, struct arena *arena) {
    struct buffer text = {0};
    buffer_text(&text, "{");
    for (size_t i = 0; i < list->n; i++) {
        buffer_text(&text, i ? "," : "");
        if (type == TYPE_NUMBERS)
            buffer_print(&text, "%" PRId64, LIST_AT(*list, int64_t, i));
        else
            array_write_text(LIST_AT(*list, const char *, i), &text);
    }
    buffer_text(&text, "}");
    const char *kept = text.failed ? NULL : arena_copy(arena, text.at, text.n);
    buffer_free(&text);
    return kept;
}

/* The element at `*at` into `to`, unquoted; `*at` then stands behind it. False for NULL. */
static bool read_element(const char **at, char *to) {
    const char *from = *at;
    if (*from != '"') {
        size_t n = strcspn(from, ",}");
        memcpy(to, from, n);
        to[n] = 0;
        *at = from + n;
        return strcmp(to, "NULL") != 0;
    }
    for (from++; *from && *from != '"'; from++) {
        from += *from == '\\' && from[1];
        *to++ = *from;
    }
    *to = 0;
    *at = *from ? from + 1 : from;
    return true;
}

int array_read(const char *text, enum field_type type, struct arena *arena, struct list *list) {
    size_t most = 1, size = strlen(text);
    *list = (struct list){0};
    for (const char *at = text; *at; at++)
        most += *at == ',';
    /* Unquoted elements and their ends never take more than the text they come from. */
    char *texts = arena_alloc(arena, 2 * size + 1);
    void *entries = arena_alloc(arena, most * sizeof(int64_t));
    if (*text != '{' || !texts || !entries)
        return -1;
    list->at = entries;
    for (const char *at = text + 1; *at && *at != '}'; at += *at == ',') {
        char *to = texts;
        if (!read_element(&at, to))
            continue;
        texts += strlen(to) + 1;
        if (type == TYPE_NUMBERS)
            ((int64_t *)entries)[list->n++] = strtoll(to, NULL, 10);
        else
            ((const char **)entries)[list->n++] = to;
    }
    return 0;
}
