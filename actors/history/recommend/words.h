#ifndef ZOE_HISTORY_RECOMMEND_WORDS_H
#define ZOE_HISTORY_RECOMMEND_WORDS_H

#include <stddef.h>

enum { WORD_BYTES = 32 };

/* The next word of a text that says something: lower case (ASCII; other letters stay as they are), three bytes or
 * more, no stop word. Moves *text behind it; false at the end. */
_Bool words_next(const char **text, char word[WORD_BYTES]);

#endif
