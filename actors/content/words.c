#include <string.h>

#include "actors/content/content.h"
#include "db/array.h"
#include "protocol/wire/buffer.h"

static const char *text_or_null(const struct rows *rows, const char *column, struct arena *arena) {
    return rows_null(rows, 0, column) ? NULL : arena_text(arena, rows_text(rows, 0, column));
}

enum status words_read(struct call *call, const char *question, struct words *words) {
    struct rows *rows = call_run(call, Q_search_asked, ARGS(ARG_TEXT("q", question)));
    *words = (struct words){0};
    if (!rows)
        return call->status;
    words->folded = text_or_null(rows, "folded", call->arena);
    words->names = text_or_null(rows, "names", call->arena);
    words->words = text_or_null(rows, "words", call->arena);
    rows_free(rows);
    return OK;
}

enum { GUESS_WORDS = 10, MOST_WORDS = 3, NEAR_ALL = 8 };

struct guess {
    const char *word;
    struct list near;   /* nearest first; empty when the word itself is known */
    struct list inside; /* words that contain it, shortest first */
    bool strange;       /* no title has it */
};

static int read_words(struct call *call, const struct rows *rows, size_t row, const char *column, struct list *words) {
    return rows_null(rows, row, column) ? 0 : array_read(rows_text(rows, row, column), TYPE_TEXTS, call->arena, words);
}

static size_t read_guesses(struct call *call, const struct rows *rows, struct guess *guesses) {
    size_t n = 0, firm = 0;
    for (size_t i = 0; i < rows_count(rows); i++)
        firm += !rows_bool(rows, i, "hollow");
    for (size_t i = 0; i < rows_count(rows) && n < GUESS_WORDS; i++) {
        /* Words such as `the` are no help beside others. */
        if (firm && rows_bool(rows, i, "hollow"))
            continue;
        struct guess *guess = &guesses[n++];
        *guess = (struct guess){.word = arena_text(call->arena, rows_text(rows, i, "word")),
                                .strange = rows_bool(rows, i, "strange")};
        if (read_words(call, rows, i, "near", &guess->near) || read_words(call, rows, i, "inside", &guess->inside))
            return 0;
    }
    return n;
}

/* ('jakson'|'jackson'|'jakob'): a word and some of the others. */
static void write_one(const char *word, const struct list *others, size_t most, struct buffer *query) {
    buffer_print(query, "('%s'", word);
    for (size_t k = 0; k < others->n && k < most; k++)
        buffer_print(query, "|'%s'", LIST_AT(*others, const char *, k));
    buffer_text(query, ")");
}

/* All but the first, or all but the second...: one word may be another one altogether. */
static void write_most(const struct guess *guesses, size_t n, struct buffer *query) {
    for (size_t but = 0; but < n; but++) {
        buffer_text(query, but ? "|(" : "(");
        for (size_t i = 0, said = 0; i < n; i++) {
            if (i == but)
                continue;
            buffer_text(query, said++ ? "&" : "");
            write_one(guesses[i].word, &guesses[i].near, NEAR_ALL, query);
        }
        buffer_text(query, ")");
    }
}

static void write_near(const struct guess *guesses, size_t n, size_t near, struct buffer *query) {
    for (size_t i = 0; i < n; i++) {
        buffer_text(query, i ? "&" : "(");
        write_one(guesses[i].word, &guesses[i].near, near, query);
    }
    buffer_text(query, ")");
}

/* Nothing when a word is in no other one. */
static void write_inside(const struct guess *guesses, size_t n, struct buffer *query) {
    for (size_t i = 0; i < n; i++)
        if (guesses[i].strange && !guesses[i].inside.n)
            return;
    for (size_t i = 0; i < n; i++) {
        buffer_text(query, i ? "&" : "");
        write_one(guesses[i].word, &guesses[i].inside, guesses[i].inside.n, query);
    }
}

static void write_said(const struct guess *guesses, size_t n, struct buffer *said) {
    for (size_t i = 0; i < n; i++)
        buffer_print(said, "%s%s", i ? " " : "",
                     guesses[i].near.n ? LIST_AT(guesses[i].near, const char *, 0) : guesses[i].word);
}

/* |('spiderman'&...): and with each two neighbours as one word. */
static void write_joined(const struct guess *guesses, size_t n, struct buffer *query) {
    for (size_t pair = 0; pair + 1 < n; pair++) {
        buffer_text(query, "|(");
        for (size_t i = 0; i < n; i += i == pair ? 2 : 1)
            buffer_print(query, "%s'%s%s'", i ? "&" : "", guesses[i].word, i == pair ? guesses[i + 1].word : "");
        buffer_text(query, ")");
    }
}

static const char *text_of(struct call *call, struct buffer *query) {
    const char *text = query->failed || !query->n ? NULL : arena_copy(call->arena, query->at, query->n);
    buffer_free(query);
    return text;
}

enum status words_guess(struct call *call, const char *question, struct guessed *guessed) {
    struct guess guesses[GUESS_WORDS];
    struct buffer near = {0}, wide = {0}, said = {0}, most = {0}, inside = {0};
    struct rows *rows = call_run(call, Q_search_near, ARGS(ARG_TEXT("q", question)));
    *guessed = (struct guessed){0};
    if (!rows)
        return call->status;
    size_t n = read_guesses(call, rows, guesses);
    rows_free(rows);
    bool other = n > 1;
    for (size_t i = 0; i < n; i++)
        other |= guesses[i].near.n > 0;
    write_inside(guesses, n, &inside);
    if (other) {
        write_near(guesses, n, 1, &near);
        write_near(guesses, n, NEAR_ALL, &wide);
        write_said(guesses, n, &said);
        write_joined(guesses, n, &near);
        if (n >= MOST_WORDS)
            write_most(guesses, n, &most);
    }
    *guessed = (struct guessed){.inside = text_of(call, &inside),
                                .near = text_of(call, &near),
                                .wide = text_of(call, &wide),
                                .most = text_of(call, &most),
                                .corrected = text_of(call, &said)};
    bool whole = guessed->near && guessed->corrected;
    return call->status = whole || guessed->inside ? OK : NOT_FOUND;
}
