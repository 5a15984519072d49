#ifndef ZOE_WIRE_ARENA_H
#define ZOE_WIRE_ARENA_H

#include <stddef.h>

/* Memory that is given back all at once: one per message. Not shared between threads. */
struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* Forgets all that was allocated and keeps the first block for the next message. */
void arena_reset(struct arena *arena);

/* Zeroed, aligned for any type; NULL when memory is out. `arena` owns it. */
void *arena_alloc(struct arena *arena, size_t bytes);

/* A copy of `n` bytes with a NUL behind them. */
char *arena_copy(struct arena *arena, const void *from, size_t n);
char *arena_text(struct arena *arena, const char *text);
char *arena_print(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
