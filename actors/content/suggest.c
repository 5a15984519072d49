#include "actors/content/content.h"

enum { USUAL_LIMIT = 8 };

static struct rows *find(struct call *call, const struct words *words) {
    const struct suggest_ask *ask = call->ask;
    return call_run(call, Q_suggest,
                    ARGS(ARG_TEXT("folded", words->folded), ARG_TEXT("names", words->names),
                         ARG_INT("limit", ask->has_limit ? ask->limit : USUAL_LIMIT)));
}

enum status content_suggest(struct call *call) {
    const struct suggest_ask *ask = call->ask;
    struct suggestions *reply = call->reply;
    struct words words;
    struct guessed guessed;
    if (words_read(call, ask->q, &words) != OK || !words.names)
        return call->status;
    struct rows *rows = find(call, &words);
    if (rows && !rows_count(rows) && words_guess(call, ask->q, &guessed) == OK && guessed.near) {
        rows_free(rows);
        words = (struct words){.folded = guessed.corrected, .names = guessed.near};
        rows = find(call, &words);
    }
    if (!rows)
        return call->status;
    size_t n = rows_count(rows);
    reply->items = rows_list(rows, suggestion_record(), call->arena);
    rows_free(rows);
    return reply->items.n == n ? OK : INTERNAL;
}
