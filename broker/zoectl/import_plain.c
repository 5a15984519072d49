#include <stdlib.h>
#include <string.h>

#include "broker/zoectl/import.h"
#include "protocol/wire/check.h"

/* Plain files: CSV whose first line names fields of import_title (lists divided by |; `cast` and `directors` are names
 * divided by |), and JSON lines as `zoectl export` writes them. */

static json_t *split(const char *text) {
    json_t *list = json_array();
    for (size_t n; *text; text += n + (text[n] == '|')) {
        n = strcspn(text, "|");
        if (n)
            json_array_append_new(list, json_stringn(text, n));
    }
    return list;
}

static void add_people(json_t *json, const char *names, const char *kind, const char *job) {
    json_t *people = split(names), *credits = json_object_get(json, "credits"), *name;
    size_t i;
    if (!credits)
        json_object_set_new(json, "credits", credits = json_array());
    json_array_foreach(people, i, name) {
        json_t *credit = json_pack("{s:O, s:s}", "name", name, "kind", kind);
        if (job)
            json_object_set_new(credit, "job", json_string(job));
        json_array_append_new(credits, credit);
    }
    json_decref(people);
}

/* A number as such; what is none stays a text, and is refused as one. */
static json_t *number(const char *text) {
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    if (json_is_number(value))
        return value;
    json_decref(value);
    return json_string(text);
}

static void set(json_t *json, const char *name, const char *text) {
    const struct field *field = record_field(import_title_record(), name);
    if (!*text)
        return;
    if (!strcmp(name, "cast"))
        add_people(json, text, "cast", NULL);
    else if (!strcmp(name, "directors"))
        add_people(json, text, "crew", "Director");
    else if (field && field->type == TYPE_TEXTS)
        json_object_set_new(json, name, split(text));
    else if (field && (field->type == TYPE_INT || field->type == TYPE_REAL))
        json_object_set_new(json, name, number(text));
    else
        json_object_set_new(json, name, json_string(text));
}

static const char *fault_of(const struct csv_row *row, size_t columns) {
    if (row->count != columns)
        return "it has not as many fields as the first line";
    for (size_t i = 0; i < row->count; i++)
        if (!text_valid(row->fields[i], strlen(row->fields[i])))
            return "it is not UTF-8";
    return NULL;
}

/* Reads one row after the other; the names of the first are copied. */
static int read_rows(struct import *import, struct csv *csv) {
    struct csv_row row;
    char *names[CSV_FIELDS_MAX] = {0};
    int rc = csv_read(csv, &row) == CSV_ROW ? 0 : EX_DATAERR;
    size_t columns = rc ? 0 : row.count;
    for (size_t i = 0; i < columns && !rc; i++)
        if (!(names[i] = strdup(row.fields[i])))
            rc = EX_OSERR;
    for (enum csv_got got; !rc && (got = csv_read(csv, &row)) != CSV_END;) {
        const char *why = got == CSV_FAILED ? "it cannot be read on"
                          : got != CSV_ROW  ? row.why
                                            : fault_of(&row, columns);
        if (got == CSV_FAILED)
            rc = EX_IOERR;
        json_t *json = why ? NULL : json_object();
        for (size_t i = 0; json && i < columns; i++)
            set(json, names[i], row.fields[i]);
        if (why)
            import_fault(import, row.line, "", why);
        else
            rc = import_add(import, json, row.line);
    }
    for (size_t i = 0; i < columns; i++)
        free(names[i]);
    return rc;
}

int import_csv(const char *path) {
    int rc = EX_NOINPUT;
    struct import_file *file = import_file_open(path);
    struct csv *csv = file ? csv_open(import_file_stream(file)) : NULL;
    struct import *import = csv ? import_open(path, file) : NULL;
    if (import)
        rc = import_close(import, read_rows(import, csv));
    csv_close(csv);
    import_file_close(file);
    return rc;
}

/* The next line into `line`, which grows; -1 at the end. What is behind the bound is dropped. */
static int next_line(FILE *file, struct buffer *line) {
    int byte;
    line->n = 0;
    while ((byte = getc_unlocked(file)) != EOF && byte != '\n') {
        char letter = (char)byte;
        if (line->n < CSV_ROW_BYTES_MAX)
            buffer_add(line, &letter, 1);
    }
    if (byte == EOF && !line->n)
        return -1;
    buffer_add(line, "", 1);
    line->n -= !line->failed;
    return 0;
}

static int add_line(struct import *import, const struct buffer *line, size_t number) {
    struct fault fault = {0};
    json_t *json = json_parse(line->at, line->n, &fault);
    if (json_is_object(json))
        return import_add(import, json, number);
    import_fault(import, number, "", json ? "it is no JSON object" : fault.why);
    json_decref(json);
    return 0;
}

int import_lines(const char *path) {
    int rc = EX_NOINPUT;
    struct import_file *file = import_file_open(path);
    struct import *import = file ? import_open(path, file) : NULL;
    struct buffer line = {0};
    if (import) {
        rc = 0;
        for (size_t number = 1; !rc && !next_line(import_file_stream(file), &line); number++)
            if (line.n && strspn(line.at, " \t\r") < line.n)
                rc = add_line(import, &line, number);
        rc = import_close(import, rc);
    }
    buffer_free(&line);
    import_file_close(file);
    return rc;
}
