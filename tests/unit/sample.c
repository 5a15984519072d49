#include "tests/unit/sample.h"

#include <stdbool.h>
#include <string.h>

static uint64_t next(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    return *seed ^= *seed << 17;
}

static double number(const struct field *field, uint64_t *seed) {
    switch (next(seed) % 4) {
    case 0:
        return field->min;
    case 1:
        return field->max;
    default:
        return field->min + (double)(next(seed) % 1000) * ((field->max - field->min) / 1000);
    }
}

/* Letters of one to four bytes, within the bounds. */
static const char *text(size_t least, size_t most, uint64_t *seed, struct arena *arena) {
    static const char *const letters[] = {"a", "\"", "\n", "\xc3\x84", "\xe2\x82\xac", "\xf0\x9f\x8e\xac"};
    size_t wanted = least + next(seed) % (most - least + 1), n = 0;
    if (wanted > 300)
        wanted = 300 > least ? 300 : least;
    char *made = arena_alloc(arena, wanted + 1);
    while (n < wanted) {
        const char *letter = letters[next(seed) % 6];
        size_t bytes = strlen(letter);
        if (n + bytes > wanted)
            letter = "z", bytes = 1;
        memcpy(made + n, letter, bytes);
        n += bytes;
    }
    return made;
}

static const char *choice(const char *choices, uint64_t *seed, struct arena *arena) {
    size_t count = 1;
    for (const char *at = choices; *at; at++)
        count += *at == '|';
    const char *at = choices;
    for (size_t i = next(seed) % count; i; i--)
        at = strchr(at, '|') + 1;
    return arena_copy(arena, at, strcspn(at, "|"));
}

static struct list list(const struct field *field, uint64_t *seed, struct arena *arena) {
    size_t n = next(seed) % 4, bytes = field->type == TYPE_LIST ? field->record()->about->bytes : sizeof(int64_t);
    if ((double)n > field->max)
        n = (size_t)field->max;
    struct list made = {arena_alloc(arena, n * bytes + 1), n};
    for (size_t i = 0; i < n; i++) {
        if (field->type == TYPE_LIST)
            memcpy((char *)made.at + i * bytes, sample_make(field->record(), seed, arena), bytes);
        else if (field->type == TYPE_TEXTS)
            LIST_AT(made, const char *, i) = text(0, field->entry_bytes, seed, arena);
        else
            LIST_AT(made, int64_t, i) = (int64_t)(next(seed) >> 1);
    }
    return made;
}

static void set(const struct field *field, char *value, uint64_t *seed, struct arena *arena) {
    void *at = value + field->offset;
    switch (field->type) {
    case TYPE_BOOL:
        *(bool *)at = next(seed) & 1;
        break;
    case TYPE_INT:
    case TYPE_TIME: {
        /* Beyond 2^53 a bound is not exact as a double. */
        double picked = number(field, seed);
        *(int64_t *)at = picked >= 9e15 ? (int64_t)9e15 : (int64_t)picked;
        if (field->type == TYPE_TIME)
            *(int64_t *)at = (int64_t)(next(seed) % 4000000000) * 1000;
        break;
    }
    case TYPE_REAL:
        *(double *)at = number(field, seed);
        break;
    case TYPE_TEXT:
        *(const char **)at = text((size_t)field->min, (size_t)field->max, seed, arena);
        return;
    case TYPE_CHOICE:
        *(const char **)at = choice(field->choices, seed, arena);
        return;
    case TYPE_BYTES:
        *(struct bytes *)at = (struct bytes){arena_alloc(arena, (size_t)field->max), (size_t)field->max};
        return;
    case TYPE_NEST:
        *(void **)at = sample_make(field->record(), seed, arena);
        return;
    default:
        *(struct list *)at = list(field, seed, arena);
        return;
    }
    *(bool *)(value + field->has) = true;
}

void *sample_make(const struct record *record, uint64_t *seed, struct arena *arena) {
    char *value = arena_alloc(arena, record->about->bytes);
    for (size_t i = 0; i < record->count; i++)
        if (record->fields[i].need == NEED_REQUIRED || next(seed) & 1)
            set(&record->fields[i], value, seed, arena);
    return value;
}
