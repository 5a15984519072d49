#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/zoectl/source.h"
#include "broker/zoectl/zoectl.h"

/* users.json, videos.json: what `mongoexport --collection users --out users.json` writes, a document a line, in the
 * canonical or the relaxed form of MongoDB Extended JSON. */

static const char suffix[] = ".json";

struct folder {
    char path[4000];
};

static int open_(const char *place, void **self, json_t *tables) {
    struct folder *folder = calloc(1, sizeof *folder);
    DIR *dir = opendir(place);
    if (!folder || !dir || (size_t)snprintf(folder->path, sizeof folder->path, "%s", place) >= sizeof folder->path) {
        zoectl_complain("%s cannot be read", place);
        if (dir)
            closedir(dir);
        free(folder);
        return -1;
    }
    for (const struct dirent *entry; (entry = readdir(dir));) {
        size_t n = strlen(entry->d_name);
        if (n >= sizeof suffix && !strcmp(entry->d_name + n - (sizeof suffix - 1), suffix))
            json_array_append_new(tables, json_stringn(entry->d_name, n - (sizeof suffix - 1)));
    }
    closedir(dir);
    *self = folder;
    return 0;
}

static FILE *open_table(const struct folder *folder, const char *table) {
    char path[4300];
    FILE *file = (size_t)snprintf(path, sizeof path, "%s/%s%s", folder->path, table, suffix) < sizeof path
                     ? fopen(path, "r")
                     : NULL;
    if (!file)
        zoectl_complain("%s of %s cannot be read", table, folder->path);
    return file;
}

static int64_t count(void *self, const char *table) {
    char piece[65536];
    int64_t lines = 0;
    FILE *file = open_table(self, table);
    for (size_t n; file && (n = fread(piece, 1, sizeof piece, file));)
        for (const char *at = piece; (at = memchr(at, '\n', n - (size_t)(at - piece))); at++)
            lines++;
    if (file)
        fclose(file);
    return lines;
}

/* A new reference: what a wrapped value means, or the value itself. */
static json_t *plain(json_t *value) {
    json_t *inner;
    if (json_object_size(value) != 1)
        return json_incref(value);
    if ((inner = json_object_get(value, "$oid")))
        return json_incref(inner);
    if ((inner = json_object_get(value, "$date")))
        return plain(inner);
    static const char *const numbers[] = {"$numberLong", "$numberInt", "$numberDouble", "$numberDecimal"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const char *text = json_string_value(json_object_get(value, numbers[i]));
        inner = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
        if (json_is_number(inner))
            return inner;
        json_decref(inner);
    }
    return json_incref(value);
}

static json_t *document(const char *line, size_t n, const char **why) {
    struct fault fault = {0};
    const char *name;
    json_t *value, *json = json_parse(line, n, &fault), *row = json_is_object(json) ? json_object() : NULL;
    *why = json ? "it is no JSON object" : "it is no JSON";
    json_object_foreach(row ? json : NULL, name, value) {
        json_object_set_new(row, !strcmp(name, "_id") ? "id" : name, plain(value));
    }
    json_decref(json);
    return row;
}

static int rows(void *self, const char *table, source_each *each, void *to) {
    FILE *file = open_table(self, table);
    char *line = NULL;
    size_t room = 0, number = 0;
    int rc = file ? 0 : EX_IOERR;
    for (ssize_t n; !rc && (n = getline(&line, &room, file)) >= 0;) {
        number++;
        struct source_row row = {.number = number};
        if (strspn(line, " \t\r\n") == (size_t)n)
            continue;
        row.row = document(line, (size_t)n, &row.why);
        rc = each(to, &row);
        json_decref(row.row);
    }
    if (file && !rc && ferror(file)) {
        zoectl_complain("%s: %s", table, strerror(errno));
        rc = EX_IOERR;
    }
    free(line);
    if (file)
        fclose(file);
    return rc;
}

const struct source_kind source_lines = {open_, free, count, rows};
