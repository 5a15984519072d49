#include "broker/zoectl/source.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "broker/zoectl/zoectl.h"

struct source {
    const struct source_kind *kind;
    void *self;
    json_t *tables; /* names */
};

/* postgres://..., also as SQLAlchemy writes it (postgresql+psycopg2://...), and host=... are no names of files. */
static const struct source_kind *kind_of(const char *place) {
    struct stat stat_;
    if (!strncmp(place, "postgres", 8) && strstr(place, "://"))
        return &source_pg;
    if (!stat(place, &stat_))
        return S_ISDIR(stat_.st_mode) ? &source_lines : &source_sqlite;
    return strchr(place, '=') ? &source_pg : NULL;
}

struct source *source_open(const char *place) {
    struct source *source = calloc(1, sizeof *source);
    const struct source_kind *kind = kind_of(place);
    if (!kind)
        zoectl_complain("%s is no file, no folder and no address of a PostgreSQL database", place);
    if (source && kind && (source->tables = json_array()) && !kind->open(place, &source->self, source->tables)) {
        source->kind = kind;
        return source;
    }
    source_close(source);
    return NULL;
}

void source_close(struct source *source) {
    if (!source)
        return;
    if (source->kind)
        source->kind->close(source->self);
    json_decref(source->tables);
    free(source);
}

const char *source_table(const struct source *source, const char *names) {
    char pattern[100];
    for (size_t n; *names; names += n + (names[n] == ' ')) {
        json_t *table;
        size_t i;
        n = strcspn(names, " ");
        if (n >= sizeof pattern)
            continue;
        memcpy(pattern, names, n);
        pattern[n] = 0;
        json_array_foreach(source->tables, i, table) {
            if (!fnmatch(pattern, json_string_value(table), 0))
                return json_string_value(table);
        }
    }
    return NULL;
}

int64_t source_count(struct source *source, const char *table) {
    return source->kind->count(source->self, table);
}

int source_rows(struct source *source, const char *table, source_each *each, void *self) {
    return source->kind->rows(source->self, table, each, self);
}
