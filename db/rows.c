#include "db/rows.h"

#include <stdlib.h>
#include <string.h>

#include "db/array.h"

struct rows {
    PGresult *result;
};

struct rows *rows_take(PGresult *result) {
    struct rows *rows = malloc(sizeof *rows);
    if (rows)
        rows->result = result;
    else
        PQclear(result);
    return rows;
}

void rows_free(struct rows *rows) {
    if (!rows)
        return;
    PQclear(rows->result);
    free(rows);
}

size_t rows_count(const struct rows *rows) {
    return (size_t)PQntuples(rows->result);
}

/* Names as the query wrote them. PQfnumber() would copy and fold each name each time. */
static int column_of(const struct rows *rows, const char *name) {
    int n = PQnfields(rows->result);
    for (int i = 0; i < n; i++)
        if (!strcmp(PQfname(rows->result, i), name))
            return i;
    return -1;
}

const char *rows_text(const struct rows *rows, size_t row, const char *column) {
    int i = column_of(rows, column);
    return i < 0 || (int)row >= PQntuples(rows->result) ? "" : PQgetvalue(rows->result, (int)row, i);
}

bool rows_null(const struct rows *rows, size_t row, const char *column) {
    int i = column_of(rows, column);
    return i < 0 || (int)row >= PQntuples(rows->result) || PQgetisnull(rows->result, (int)row, i);
}

int64_t rows_int(const struct rows *rows, size_t row, const char *column) {
    return strtoll(rows_text(rows, row, column), NULL, 10);
}

double rows_real(const struct rows *rows, size_t row, const char *column) {
    return strtod(rows_text(rows, row, column), NULL);
}

bool rows_bool(const struct rows *rows, size_t row, const char *column) {
    return rows_text(rows, row, column)[0] == 't';
}

static struct bytes unescape(const char *text, struct arena *arena) {
    size_t n = 0;
    unsigned char *raw = PQunescapeBytea((const unsigned char *)text, &n);
    struct bytes bytes = {raw ? (const uint8_t *)arena_copy(arena, raw, n) : NULL, raw ? n : 0};
    PQfreemem(raw);
    return bytes;
}

struct bytes rows_bytes(const struct rows *rows, size_t row, const char *column, struct arena *arena) {
    return unescape(rows_text(rows, row, column), arena);
}

static int fill_field(const struct field *field, const char *text, char *value, struct arena *arena) {
    void *at = value + field->offset;
    switch (field->type) {
    case TYPE_BOOL:
        *(bool *)at = *text == 't';
        break;
    case TYPE_INT:
    case TYPE_TIME:
        *(int64_t *)at = strtoll(text, NULL, 10);
        break;
    case TYPE_REAL:
        *(double *)at = strtod(text, NULL);
        break;
    case TYPE_TEXT:
    case TYPE_CHOICE:
        *(char **)at = arena_text(arena, text);
        return *(char **)at ? 0 : -1;
    case TYPE_BYTES:
        *(struct bytes *)at = unescape(text, arena);
        return ((struct bytes *)at)->at ? 0 : -1;
    case TYPE_TEXTS:
    case TYPE_NUMBERS:
        /* A column of the field's name that is no array is the service's own to read. */
        return *text == '{' ? array_read(text, field->type, arena, at) : 0;
    default:
        return 0;
    }
    *(bool *)(value + field->has) = true;
    return 0;
}

int rows_fill(const struct rows *rows, size_t row, const struct record *record, void *value, struct arena *arena) {
    for (size_t i = 0; i < record->count; i++) {
        int column = column_of(rows, record->fields[i].name);
        if (column < 0 || PQgetisnull(rows->result, (int)row, column))
            continue;
        if (fill_field(&record->fields[i], PQgetvalue(rows->result, (int)row, column), value, arena))
            return -1;
    }
    return 0;
}

struct list rows_list(const struct rows *rows, const struct record *record, struct arena *arena) {
    size_t n = rows_count(rows), bytes = record->about->bytes;
    struct list list = {n ? arena_alloc(arena, n * bytes) : NULL, 0};
    if (!list.at)
        return list;
    for (; list.n < n; list.n++)
        if (rows_fill(rows, list.n, record, (char *)list.at + list.n * bytes, arena))
            break;
    return list;
}
