#ifndef ZOE_WIRE_CHECK_H
#define ZOE_WIRE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/wire/contract.h"

/* What was wrong with a value from outside. */
struct fault {
    char field[200]; /* JSON pointer, "" for the whole */
    char why[200];
};

void fault_set(struct fault *fault, const char *why, ...) __attribute__((format(printf, 2, 3)));
/* Puts /name (or /index when name is NULL) before the pointer, on the way out of nested records. */
void fault_in(struct fault *fault, const char *name, size_t index);

/* Well-formed UTF-8 without NUL (RFC 3629: no surrogates, no overlong forms). */
bool text_valid(const char *text, size_t n);

/* 0, or -1 with *fault set when the value breaks the field's bounds. */
int check_number(const struct field *field, double value, struct fault *fault);
int check_text(const struct field *field, const char *text, size_t n, struct fault *fault);
int check_count(const struct field *field, size_t n, struct fault *fault);

#endif
