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

enum { GUESS_WORDS = 10 };

struct guess {
    const char *word;
    struct list near; /* nearest first; empty when the word itself is known */
};

static size_t read_guesses(struct call *call, const struct rows *rows, struct guess *guesses) {
    size_t n = 0, firm = 0;
    for (size_t i = 0; i < rows_count(rows); i++)
        firm += !rows_bool(rows, i, "hollow");
    for (size_t i = 0; i < rows_count(rows) && n < GUESS_WORDS; i++) {
        /* Words such as `the` are no help beside others. */
        if (firm && rows_bool(rows, i, "hollow"))
            continue;
        struct guess *guess = &guesses[n++];
        *guess = (struct guess){.word = arena_text(call->arena, rows_text(rows, i, "word"))};
        if (!rows_null(rows, i, "near") &&
            array_read(rows_text(rows, i, "near"), TYPE_TEXTS, call->arena, &guess->near))
            return 0;
    }
    return n;
}

/* ('jackson'|'jakob')&(...): each word by those near to it. */
static void write_near(const struct guess *guesses, size_t n, struct buffer *query, struct buffer *said) {
    for (size_t i = 0; i < n; i++) {
        buffer_print(query, "%s('%s'", i ? "&" : "(", guesses[i].word);
        for (size_t k = 0; k < guesses[i].near.n; k++)
            buffer_print(query, "|'%s'", LIST_AT(guesses[i].near, const char *, k));
        buffer_text(query, ")");
        buffer_print(said, "%s%s", i ? " " : "",
                     guesses[i].near.n ? LIST_AT(guesses[i].near, const char *, 0) : guesses[i].word);
    }
    buffer_text(query, ")");
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

enum status words_guess(struct call *call, const char *question, struct words *words) {
    struct guess guesses[GUESS_WORDS];
    struct buffer query = {0}, said = {0};
    struct rows *rows = call_run(call, Q_search_near, ARGS(ARG_TEXT("q", question)));
    if (!rows)
        return call->status;
    size_t n = read_guesses(call, rows, guesses);
    rows_free(rows);
    bool guessed = n > 1;
    for (size_t i = 0; i < n; i++)
        guessed |= guesses[i].near.n > 0;
    if (guessed) {
        write_near(guesses, n, &query, &said);
        write_joined(guesses, n, &query);
        words->words = words->names = query.failed ? NULL : arena_copy(call->arena, query.at, query.n);
        words->folded = words->corrected = said.failed ? NULL : arena_copy(call->arena, said.at, said.n);
    }
    buffer_free(&query);
    buffer_free(&said);
    return call->status = guessed && words->words && words->corrected ? OK : NOT_FOUND;
}
