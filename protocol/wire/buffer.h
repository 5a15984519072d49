#ifndef ZOE_WIRE_BUFFER_H
#define ZOE_WIRE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes that grow. When memory runs out `failed` stays set and nothing more is added; check it once at the end. */
struct buffer {
    char *at;
    size_t n, size;
    bool failed;
};

void buffer_free(struct buffer *buffer);
void buffer_add(struct buffer *buffer, const void *from, size_t n);
/* Makes room for `n` bytes in all, no more than that, so that adding them moves nothing. */
void buffer_reserve(struct buffer *buffer, size_t n);
/* The bytes with a NUL behind them, which does not count; NULL when memory is out. */
const char *buffer_string(struct buffer *buffer);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_print(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
