#include "protocol/wire/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_free(struct buffer *buffer) {
    free(buffer->at);
    *buffer = (struct buffer){0};
}

static bool grow(struct buffer *buffer, size_t more) {
    if (buffer->failed || more > SIZE_MAX / 4 - buffer->n) {
        buffer->failed = true;
        return false;
    }
    if (buffer->n + more <= buffer->size)
        return true;
    size_t size = buffer->size ? buffer->size : 256;
    while (size < buffer->n + more)
        size *= 2;
    char *at = realloc(buffer->at, size);
    if (!at) {
        buffer->failed = true;
        return false;
    }
    buffer->at = at;
    buffer->size = size;
    return true;
}

void buffer_reserve(struct buffer *buffer, size_t n) {
    if (buffer->failed || n <= buffer->size)
        return;
    char *at = realloc(buffer->at, n);
    if (!at) {
        buffer->failed = true;
        return;
    }
    buffer->at = at;
    buffer->size = n;
}

void buffer_add(struct buffer *buffer, const void *from, size_t n) {
    if (!n || !grow(buffer, n))
        return;
    memcpy(buffer->at + buffer->n, from, n);
    buffer->n += n;
}

void buffer_text(struct buffer *buffer, const char *text) {
    buffer_add(buffer, text, strlen(text));
}

void buffer_print(struct buffer *buffer, const char *format, ...) {
    va_list args;
    /* Mostly there is room; only otherwise it is printed twice. */
    size_t room = buffer->failed ? 0 : buffer->size - buffer->n;
    va_start(args, format);
    int n = vsnprintf(room ? buffer->at + buffer->n : NULL, room, format, args);
    va_end(args);
    bool fits = n >= 0 && (size_t)n < room;
    if (n >= 0 && !fits && grow(buffer, (size_t)n + 1)) {
        va_start(args, format);
        fits = vsnprintf(buffer->at + buffer->n, (size_t)n + 1, format, args) == n;
        va_end(args);
    }
    if (fits)
        buffer->n += (size_t)n;
}

const char *buffer_string(struct buffer *buffer) {
    buffer_add(buffer, "", 1);
    if (buffer->failed)
        return NULL;
    buffer->n--;
    return buffer->at;
}
