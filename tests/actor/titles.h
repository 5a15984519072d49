#ifndef ZOE_TESTS_ACTOR_TITLES_H
#define ZOE_TESTS_ACTOR_TITLES_H

#include "tests/actor/tests.h"

/* What the tests of the catalogue share: one content process over empty tables, and titles. */

int titles_start(void **state);
int titles_stop(void **state);

struct list texts(size_t n, const char **at);
#define TEXTS_OF(...) texts(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__})
const char *text_at(struct list list, size_t i);

/* Number of a new title. */
int64_t title_create(struct title_new wish);
const struct title *title_in(const struct list *list, size_t i);

/* The first title that is found has that name; nothing is found. */
void finds(const char *question, const char *name);
void finds_nothing(const char *question);

#endif
