#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actors/auth/billing.h"
#include "tests/fuzz/fuzz.h"

/* The first line is a signature, the rest an event. Whatever comes, what is read of it can be kept: plain numbers in
 * the array of links, amounts and times within their bounds. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const char kinds[] = " bound opened paid failed changed closed refunded other ";
    char signature[4001], kind[32];
    const uint8_t *end = n ? memchr(data, '\n', n) : NULL;
    size_t line = end ? (size_t)(end - data) : 0;
    if (line >= sizeof signature)
        return 0;
    memcpy(signature, n ? data : (const uint8_t *)"", line);
    signature[line] = 0;
    struct bytes payload = {data + line + (end != NULL), n - line - (end != NULL)};
    if (stripe_signed(payload, signature, "secret", 1700000000, 300) && !strstr(signature, "v1="))
        abort();
    struct arena *arena = arena_new();
    struct fact fact;
    if (arena && !stripe_read(payload, arena, &fact)) {
        snprintf(kind, sizeof kind, " %.28s ", fact.kind);
        size_t links = strlen(fact.links);
        if (!strstr(kinds, kind) || fact.created <= 0 || fact.period_end < 0 || fact.account < 0 || fact.plan < 0 ||
            (fact.has_amount && (fact.amount <= 0 || strlen(fact.currency) != 3)) || fact.links[0] != '{' ||
            fact.links[links - 1] != '}' || strcspn(fact.links + 1, "{}\"\\' ") != links - 2 || strlen(fact.id) > 100)
            abort();
    }
    arena_free(arena);
    return 0;
}
