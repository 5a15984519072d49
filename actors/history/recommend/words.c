#include "actors/history/recommend/words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* In the order of strcmp(). */
static const char *const stop_words[] = {
    "about",      "after", "again",  "against", "all",   "also",    "and",     "another", "any",     "are",   "around",
    "back",       "been",  "before", "begin",   "being", "between", "both",    "but",     "can",     "come",  "day",
    "down",       "each",  "every",  "find",    "finds", "first",   "for",     "from",    "get",     "gets",  "has",
    "have",       "help",  "her",    "herself", "him",   "himself", "his",     "how",     "into",    "its",   "just",
    "life",       "lives", "make",   "man",     "many",  "more",    "most",    "much",    "must",    "new",   "not",
    "now",        "off",   "old",    "once",    "one",   "only",    "other",   "out",     "over",    "own",   "she",
    "should",     "some",  "soon",   "story",   "take",  "takes",   "than",    "that",    "the",     "their", "them",
    "themselves", "then",  "there",  "these",   "they",  "this",    "those",   "three",   "through", "time",  "two",
    "under",      "until", "upon",   "very",    "was",   "way",     "were",    "what",    "when",    "where", "which",
    "while",      "who",   "whom",   "whose",   "will",  "with",    "without", "world",   "year",    "years", "you",
    "young",      "your",
};

static int compare(const void *key, const void *entry) {
    return strcmp(key, *(const char *const *)entry);
}

static _Bool stopped(const char *word) {
    return bsearch(word, stop_words, sizeof stop_words / sizeof *stop_words, sizeof *stop_words, compare) != NULL;
}

static _Bool letter(unsigned char c) {
    return c >= 0x80 || isalnum(c);
}

_Bool words_next(const char **text, char word[WORD_BYTES]) {
    const char *at = *text;
    for (;;) {
        while (*at && !letter((unsigned char)*at))
            at++;
        if (!*at)
            break;
        size_t n = 0;
        for (; letter((unsigned char)*at); at++)
            if (n < WORD_BYTES) {
                unsigned char c = (unsigned char)*at;
                word[n++] = (char)(c < 0x80 ? tolower(c) : c);
            }
        /* What is longer than any word would be cut within a letter. */
        if (n < 3 || n == WORD_BYTES)
            continue;
        word[n] = 0;
        if (!stopped(word)) {
            *text = at;
            return 1;
        }
    }
    *text = at;
    return 0;
}
