#ifndef ZOE_ZOECTL_SOURCE_H
#define ZOE_ZOECTL_SOURCE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* Tables of another system, only read: a PostgreSQL database (an address for libpq; one snapshot of it), an SQLite
 * file, or a folder of JSON lines as mongoexport writes them, a file for each collection. */
struct source;

/* NULL after a line on stderr. */
struct source *source_open(const char *place);
void source_close(struct source *source);

/* The first table whose name matches one of the patterns in `names`, which are separated by blanks; NULL when there is
 * none. Good until the source is closed. */
const char *source_table(const struct source *source, const char *names);

/* Its rows, for a progress bar; 0 when nobody knows. */
int64_t source_count(struct source *source, const char *table);

/* A row as an object of its columns: numbers, truth values, texts, null. In MongoDB's, `_id` is called id, and wrapped
 * values ({"$oid": ...}, {"$date": ...}) are plain. `row` NULL: it cannot be read, `why` tells. Numbers begin with 1; a
 * file's are its lines. Not 0 ends the reading. */
struct source_row {
    json_t *row;
    size_t number;
    const char *why;
};
typedef int source_each(void *self, const struct source_row *row);

/* In the order of the numbers (`id`). 0, what `each` returned, or EX_IOERR after a line on stderr. */
int source_rows(struct source *source, const char *table, source_each *each, void *self);

/* What the three kinds implement. `open` sets *self. */
struct source_kind {
    int (*open)(const char *place, void **self, json_t *tables);
    void (*close)(void *self);
    int64_t (*count)(void *self, const char *table);
    int (*rows)(void *self, const char *table, source_each *each, void *to);
};
extern const struct source_kind source_pg, source_sqlite, source_lines;

#endif
