#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/zoectl/import.h"
#include "protocol/wire/check.h"

/* The "TMDB 5000" pair of files: films with JSON inside CSV, and their cast and crew by the film's number. */

enum { CREDITS_MOST = 1000 };

static const char *const movie_columns[] = {"id",           "title",        "original_title", "overview",
                                            "genres",       "keywords",     "runtime",        "original_language",
                                            "release_date", "vote_average", "vote_count",     "popularity"};
enum {
    ID,
    TITLE,
    ORIGINAL,
    OVERVIEW,
    GENRES,
    KEYWORDS,
    RUNTIME,
    LANGUAGE,
    RELEASED,
    AVERAGE,
    VOTES,
    POPULARITY,
    MOVIE_COLUMNS
};
static const char *const credit_columns[] = {"movie_id", "cast", "crew"};
enum { MOVIE_ID, CAST, CREW, CREDIT_COLUMNS };

struct people {
    long long id;
    char *cast, *crew;
};

struct people_list {
    struct people *at;
    size_t n, size;
};

/* Where each of `names` stands in the first row; -1 after a line on stderr. */
static int find_columns(const struct csv_row *row, const char *path, const char *const *names, size_t count,
                        size_t *at) {
    for (size_t i = 0; i < count; i++) {
        for (at[i] = 0; at[i] < row->count && strcmp(row->fields[at[i]], names[i]) != 0;)
            at[i]++;
        if (at[i] == row->count) {
            zoectl_complain("%s has no column \"%s\"", path, names[i]);
            return -1;
        }
    }
    return 0;
}

static const char *field(const struct csv_row *row, size_t at) {
    return at < row->count ? row->fields[at] : "";
}

static int keep_people(struct people_list *list, const struct csv_row *row, const size_t *at) {
    if (list->n == list->size) {
        size_t size = list->size ? 2 * list->size : 1024;
        struct people *more = realloc(list->at, size * sizeof *more);
        if (!more)
            return -1;
        list->at = more;
        list->size = size;
    }
    struct people *one = &list->at[list->n++];
    *one = (struct people){strtoll(field(row, at[MOVIE_ID]), NULL, 10), strdup(field(row, at[CAST])),
                           strdup(field(row, at[CREW]))};
    return one->cast && one->crew ? 0 : -1;
}

static int by_id(const void *left, const void *right) {
    const struct people *a = left, *b = right;
    return (a->id > b->id) - (a->id < b->id);
}

static int read_people(const char *path, struct people_list *list) {
    struct csv_row row;
    size_t at[CREDIT_COLUMNS];
    struct import_file *file = import_file_open(path);
    struct csv *csv = file ? csv_open(import_file_stream(file)) : NULL;
    int rc =
        csv && csv_read(csv, &row) == CSV_ROW && !find_columns(&row, path, credit_columns, CREDIT_COLUMNS, at) ? 0 : -1;
    for (enum csv_got got; !rc && (got = csv_read(csv, &row)) != CSV_END;) {
        if (got == CSV_FAILED)
            rc = -1;
        else if (got != CSV_ROW)
            fprintf(stderr, "%s:%zu: %s\n", path, row.line, row.why);
        else
            rc = keep_people(list, &row, at);
    }
    if (list->n)
        qsort(list->at, list->n, sizeof *list->at, by_id);
    csv_close(csv);
    import_file_close(file);
    return rc;
}

/* A text of at most `most` bytes, not cut within a letter. */
static json_t *cut(const char *text, size_t most) {
    size_t n = strlen(text);
    if (n > most)
        for (n = most; n && ((unsigned char)text[n] & 0xc0) == 0x80;)
            n--;
    return json_stringn(text, n);
}

/* The names in [{"id": 28, "name": "Action"}, ...]. */
static json_t *names_of(const char *text, size_t most, size_t bytes) {
    json_t *names = json_array(), *list = json_loads(text, 0, NULL), *entry;
    size_t i;
    json_array_foreach(list, i, entry) {
        const char *name = json_string_value(json_object_get(entry, "name"));
        if (name && *name && json_array_size(names) < most)
            json_array_append_new(names, cut(name, bytes));
    }
    json_decref(list);
    return names;
}

static int by_order(const void *left, const void *right) {
    json_int_t a = json_integer_value(json_object_get(*(json_t *const *)left, "order"));
    json_int_t b = json_integer_value(json_object_get(*(json_t *const *)right, "order"));
    return (a > b) - (a < b);
}

static void add_credit(json_t *credits, const json_t *entry, bool cast) {
    const char *name = json_string_value(json_object_get(entry, "name"));
    const char *text = json_string_value(json_object_get(entry, cast ? "character" : "job"));
    char number[40];
    if (!name || !*name || json_array_size(credits) == CREDITS_MOST)
        return;
    snprintf(number, sizeof number, "tmdb:%lld", (long long)json_integer_value(json_object_get(entry, "id")));
    json_t *credit = json_pack("{s:s, s:s}", "external_id", number, "kind", cast ? "cast" : "crew");
    json_object_set_new(credit, "name", cut(name, 200));
    if (text && *text)
        json_object_set_new(credit, cast ? "role" : "job", cut(text, cast ? 500 : 100));
    json_array_append_new(credits, credit);
}

static void add_credits(json_t *credits, const char *text, bool cast) {
    json_t *list = json_loads(text, 0, NULL);
    size_t n = json_array_size(list);
    json_t **order = n ? calloc(n, sizeof(json_t *)) : NULL;
    for (size_t i = 0; order && i < n; i++)
        order[i] = json_array_get(list, i);
    if (order && cast)
        qsort(order, n, sizeof(json_t *), by_order);
    for (size_t i = 0; order && i < n; i++)
        add_credit(credits, order[i], cast);
    free(order);
    json_decref(list);
}

/* A number above zero: what is not known stands as 0 or is empty. */
static void set_number(json_t *json, const char *name, const char *text, double factor) {
    char *end;
    double value = strtod(text, &end);
    if (end != text && value > 0 && value < 1e9)
        json_object_set_new(json, name, json_real(value * factor));
}

static void set_year(json_t *json, const char *date) {
    int year = atoi(date);
    if (year >= 1800 && year <= 2200)
        json_object_set_new(json, "year", json_integer(year));
}

static json_t *title_of(const struct csv_row *row, const size_t *at, const struct people_list *people) {
    char number[40];
    json_t *json = json_object();
    snprintf(number, sizeof number, "tmdb:%.30s", field(row, at[ID]));
    json_object_set_new(json, "external_id", json_string(number));
    json_object_set_new(json, "title", cut(field(row, at[TITLE]), 200));
    json_object_set_new(json, "kind", json_string("movie"));
    json_object_set_new(json, "description", cut(field(row, at[OVERVIEW]), 5000));
    if (*field(row, at[LANGUAGE]))
        json_object_set_new(json, "language", cut(field(row, at[LANGUAGE]), 35));
    set_year(json, field(row, at[RELEASED]));
    set_number(json, "duration", field(row, at[RUNTIME]), 60);
    set_number(json, "popularity", field(row, at[POPULARITY]), 1);
    if (atoi(field(row, at[VOTES])) > 0)
        set_number(json, "rating", field(row, at[AVERAGE]), 1);
    json_t *genres = names_of(field(row, at[GENRES]), 30, 100);
    if (json_array_size(genres))
        json_object_set(json, "category", json_array_get(genres, 0));
    json_object_set_new(json, "genres", genres);
    json_object_set_new(json, "keywords", names_of(field(row, at[KEYWORDS]), 200, 200));
    if (*field(row, at[ORIGINAL]) && strcmp(field(row, at[ORIGINAL]), field(row, at[TITLE])) != 0) {
        json_t *others = json_array();
        json_array_append_new(others, cut(field(row, at[ORIGINAL]), 200));
        json_object_set_new(json, "alternative_titles", others);
    }
    struct people wanted = {.id = strtoll(field(row, at[ID]), NULL, 10)};
    const struct people *found = people->n ? bsearch(&wanted, people->at, people->n, sizeof wanted, by_id) : NULL;
    json_t *credits = json_array();
    if (found) {
        add_credits(credits, found->cast, true);
        add_credits(credits, found->crew, false);
    }
    json_object_set_new(json, "credits", credits);
    return json;
}

/* Every text of the row is UTF-8, and the number is one. */
static const char *fault_of(const struct csv_row *row, const size_t *at, size_t columns) {
    char *end;
    if (row->count != columns)
        return "it has not as many fields as the first line";
    for (size_t i = 0; i < row->count; i++)
        if (!text_valid(row->fields[i], strlen(row->fields[i])))
            return "it is not UTF-8";
    long long id = strtoll(field(row, at[ID]), &end, 10);
    return id > 0 && !*end ? NULL : "its id is no number";
}

static int read_movies(struct import *import, struct csv *csv, const char *path, const struct people_list *people) {
    struct csv_row row;
    size_t at[MOVIE_COLUMNS];
    if (csv_read(csv, &row) != CSV_ROW || find_columns(&row, path, movie_columns, MOVIE_COLUMNS, at))
        return EX_DATAERR;
    size_t columns = row.count;
    int rc = 0;
    for (enum csv_got got; !rc && (got = csv_read(csv, &row)) != CSV_END;) {
        const char *why = got == CSV_FAILED ? "it cannot be read on"
                          : got != CSV_ROW  ? row.why
                                            : fault_of(&row, at, columns);
        if (got == CSV_FAILED)
            rc = EX_IOERR;
        if (why)
            import_fault(import, row.line, "", why);
        else
            rc = import_add(import, title_of(&row, at, people), row.line);
    }
    return rc;
}

int import_tmdb(const char *movies, const char *credits) {
    struct people_list people = {0};
    int rc = read_people(credits, &people) ? EX_DATAERR : 0;
    struct import_file *file = rc ? NULL : import_file_open(movies);
    struct csv *csv = file ? csv_open(import_file_stream(file)) : NULL;
    struct import *import = csv ? import_open(movies, file) : NULL;
    if (import)
        rc = import_close(import, read_movies(import, csv, movies, &people));
    else
        rc = rc ? rc : EX_NOINPUT;
    csv_close(csv);
    import_file_close(file);
    for (size_t i = 0; i < people.n; i++) {
        free(people.at[i].cast);
        free(people.at[i].crew);
    }
    free(people.at);
    return rc;
}
