#include "broker/zoectl/csv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { AHEAD_BYTES = 65536, NO_CHARACTER = -1 };

struct csv {
    FILE *file;
    unsigned char ahead[AHEAD_BYTES];
    size_t at, have;
    char delimiter;
    size_t line;
    char *text; /* the row's fields, each with its NUL */
    size_t n, room;
    size_t starts[CSV_FIELDS_MAX]; /* of the fields in `text` */
    char *fields[CSV_FIELDS_MAX];
    size_t count;
    const char *why;
    bool out_of_memory;
};

static int next(struct csv *csv) {
    if (csv->at == csv->have) {
        csv->have = fread(csv->ahead, 1, AHEAD_BYTES, csv->file);
        csv->at = 0;
    }
    return csv->at < csv->have ? csv->ahead[csv->at++] : NO_CHARACTER;
}

static int peek(struct csv *csv) {
    int c = next(csv);
    if (c != NO_CHARACTER)
        csv->at--;
    return c;
}

/* Looks at the beginning only: a first line that is longer has its delimiters there too. */
static void find_delimiter(struct csv *csv) {
    static const char known[] = ",;\t";
    size_t counts[3] = {0}, best = 0;
    bool quoted = false;
    peek(csv);
    if (csv->have >= 3 && !memcmp(csv->ahead, "\xef\xbb\xbf", 3))
        csv->at = 3;
    for (size_t i = csv->at; i < csv->have && (quoted || csv->ahead[i] != '\n'); i++) {
        quoted ^= csv->ahead[i] == '"';
        const char *hit = !quoted && csv->ahead[i] ? strchr(known, csv->ahead[i]) : NULL;
        if (hit)
            counts[hit - known]++;
    }
    for (size_t i = 1; i < 3; i++)
        best = counts[i] > counts[best] ? i : best;
    csv->delimiter = known[best];
}

struct csv *csv_open(FILE *file) {
    struct csv *csv = calloc(1, sizeof *csv);
    if (!csv)
        return NULL;
    csv->file = file;
    csv->line = 1;
    find_delimiter(csv);
    return csv;
}

void csv_close(struct csv *csv) {
    if (!csv)
        return;
    free(csv->text);
    free(csv);
}

static void put(struct csv *csv, int c) {
    if (csv->n >= CSV_ROW_BYTES_MAX) {
        csv->why = "the row is too long";
        return;
    }
    if (csv->n == csv->room) {
        size_t room = csv->room ? csv->room * 2 : 4096;
        char *text = realloc(csv->text, room);
        if (!text) {
            csv->out_of_memory = true;
            return;
        }
        csv->text = text;
        csv->room = room;
    }
    csv->text[csv->n++] = (char)c;
}

/* Behind a closing quote: what may follow is the field's end. Answers the character that ended the field. */
static int behind_quote(struct csv *csv) {
    int c = next(csv);
    if (c == '\r' && peek(csv) == '\n')
        c = next(csv);
    if (c == csv->delimiter || c == '\n' || c == NO_CHARACTER)
        return c;
    csv->why = "there is text behind a closing quote";
    while (c != csv->delimiter && c != '\n' && c != NO_CHARACTER)
        c = next(csv);
    return c;
}

static int read_quoted(struct csv *csv) {
    for (int c = next(csv);; c = next(csv)) {
        if (c == NO_CHARACTER) {
            csv->why = "a quote is never closed";
            return c;
        }
        csv->line += c == '\n';
        if (c == '"') {
            if (peek(csv) != '"')
                return behind_quote(csv);
            next(csv);
        }
        if (!c)
            csv->why = "a field holds a NUL";
        put(csv, c);
    }
}

/* One field; the character that ended it. */
static int read_field(struct csv *csv) {
    if (peek(csv) == '"') {
        next(csv);
        return read_quoted(csv);
    }
    int c = next(csv);
    for (; c != csv->delimiter && c != '\n' && c != NO_CHARACTER; c = next(csv)) {
        if (c == '\r' && (peek(csv) == '\n' || peek(csv) == NO_CHARACTER))
            continue;
        if (!c)
            csv->why = "a field holds a NUL";
        put(csv, c);
    }
    return c;
}

static void skip_empty_lines(struct csv *csv) {
    for (int c = peek(csv); c == '\n' || c == '\r'; c = peek(csv)) {
        next(csv);
        csv->line += c == '\n';
    }
}

enum csv_got csv_read(struct csv *csv, struct csv_row *row) {
    int end;
    skip_empty_lines(csv);
    *row = (struct csv_row){.line = csv->line};
    if (peek(csv) == NO_CHARACTER)
        return ferror(csv->file) ? CSV_FAILED : CSV_END;
    csv->n = csv->count = 0;
    csv->why = NULL;
    do {
        size_t start = csv->n;
        end = read_field(csv);
        put(csv, 0);
        if (csv->count < CSV_FIELDS_MAX)
            csv->starts[csv->count++] = start;
        else
            csv->why = "there are too many fields";
    } while (end == csv->delimiter && !csv->out_of_memory);
    csv->line += end == '\n';
    if (csv->out_of_memory || ferror(csv->file))
        return CSV_FAILED;
    row->why = csv->why;
    for (size_t i = 0; i < csv->count && !csv->why; i++)
        csv->fields[i] = csv->text + csv->starts[i];
    row->fields = csv->fields;
    row->count = csv->count;
    return csv->why ? CSV_BROKEN : CSV_ROW;
}
