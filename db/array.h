#ifndef ZOE_DB_ARRAY_H
#define ZOE_DB_ARRAY_H

#include "protocol/wire/arena.h"
#include "protocol/wire/buffer.h"
#include "protocol/wire/contract.h"

/* PostgreSQL's arrays as text: {a,"b c",NULL}. */

/* The literal of a TEXTS or NUMBERS list; NULL when memory is out. */
const char *array_write(const struct list *list, enum field_type type, struct arena *arena);

/* Appends a text as an element of such a literal. */
void array_write_text(const char *text, struct buffer *to);

/* Reads one dimension of texts or numbers, elements that are null left out. 0, or -1 when memory is out or the text is
 * no such array. */
int array_read(const char *text, enum field_type type, struct arena *arena, struct list *list);

#endif
