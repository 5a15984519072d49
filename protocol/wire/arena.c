#include "protocol/wire/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 8192, ALIGN = 16 };

struct block {
    struct block *next;
    size_t used, size;
    _Alignas(ALIGN) unsigned char at[];
};

struct arena {
    struct block *first, *last;
};

static struct block *block_new(size_t bytes) {
    size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    if (size > SIZE_MAX - sizeof(struct block))
        return NULL;
    struct block *block = malloc(sizeof *block + size);
    if (block)
        *block = (struct block){.size = size};
    return block;
}

struct arena *arena_new(void) {
    return calloc(1, sizeof(struct arena));
}

static void blocks_free(struct block *block) {
    while (block) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_free(struct arena *arena) {
    if (!arena)
        return;
    blocks_free(arena->first);
    free(arena);
}

void arena_reset(struct arena *arena) {
    if (!arena->first)
        return;
    /* A block made for one giant would otherwise be held for ever. */
    if (arena->first->size > BLOCK_BYTES) {
        blocks_free(arena->first);
        arena->first = arena->last = NULL;
        return;
    }
    blocks_free(arena->first->next);
    arena->first->next = NULL;
    arena->first->used = 0;
    arena->last = arena->first;
}

void *arena_alloc(struct arena *arena, size_t bytes) {
    if (bytes > SIZE_MAX / 2)
        return NULL;
    bytes = (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (!arena->last || arena->last->size - arena->last->used < bytes) {
        struct block *block = block_new(bytes);
        if (!block)
            return NULL;
        if (arena->last)
            arena->last->next = block;
        else
            arena->first = block;
        arena->last = block;
    }
    void *at = arena->last->at + arena->last->used;
    arena->last->used += bytes;
    return memset(at, 0, bytes);
}

char *arena_copy(struct arena *arena, const void *from, size_t n) {
    char *copy = arena_alloc(arena, n + 1);
    if (copy && n)
        memcpy(copy, from, n);
    return copy;
}

char *arena_text(struct arena *arena, const char *text) {
    return text ? arena_copy(arena, text, strlen(text)) : NULL;
}

char *arena_print(struct arena *arena, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = n < 0 ? NULL : arena_alloc(arena, (size_t)n + 1);
    if (text)
        vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}
