#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "broker/zoectl/source.h"
#include "broker/zoectl/zoectl.h"
#include "protocol/wire/check.h"

static int complain(sqlite3 *db) {
    zoectl_complain("the SQLite file: %s", sqlite3_errmsg(db));
    return EX_IOERR;
}

/* `format` has one %w, within double quotes, for the name of the table. NULL after a line on stderr. */
static sqlite3_stmt *prepare(sqlite3 *db, const char *format, const char *table) {
    sqlite3_stmt *statement = NULL;
    char *sql = sqlite3_mprintf(format, table);
    if (!sql || sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        complain(db);
    sqlite3_free(sql);
    return statement;
}

static int open_(const char *place, void **self, json_t *tables) {
    sqlite3 *db = NULL;
    int got = SQLITE_ERROR;
    sqlite3_stmt *statement = NULL;
    if (sqlite3_open_v2(place, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        complain(db);
    else
        statement = prepare(db, "select name from sqlite_master where type in ('table', 'view') order by name", NULL);
    while (statement && (got = sqlite3_step(statement)) == SQLITE_ROW)
        json_array_append_new(tables, json_string((const char *)sqlite3_column_text(statement, 0)));
    if (statement && got != SQLITE_DONE)
        complain(db);
    sqlite3_finalize(statement);
    if (got != SQLITE_DONE)
        sqlite3_close(db);
    *self = db;
    return got == SQLITE_DONE ? 0 : -1;
}

static void close_(void *self) {
    sqlite3_close(self);
}

static int64_t count(void *self, const char *table) {
    sqlite3_stmt *statement = prepare(self, "select count(*) from \"%w\"", table);
    int64_t rows = statement && sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return rows;
}

/* NULL when it is neither a number nor a text. */
static json_t *value(sqlite3_stmt *statement, int column) {
    const char *text;
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        return json_integer(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
        return json_real(sqlite3_column_double(statement, column));
    case SQLITE_NULL:
        return json_null();
    default: /* a blob may hold a text: hashes are often kept so */
        text = (const char *)sqlite3_column_text(statement, column);
        return text && text_valid(text, (size_t)sqlite3_column_bytes(statement, column)) ? json_string(text) : NULL;
    }
}

static json_t *row_of(sqlite3_stmt *statement) {
    json_t *row = json_object();
    for (int i = 0; row && i < sqlite3_column_count(statement); i++)
        json_object_set_new(row, sqlite3_column_name(statement, i), value(statement, i));
    return row;
}

static bool has_id(sqlite3 *db, const char *table) {
    return sqlite3_table_column_metadata(db, NULL, table, "id", NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
}

static int rows(void *self, const char *table, source_each *each, void *to) {
    sqlite3_stmt *statement =
        prepare(self, has_id(self, table) ? "select * from \"%w\" order by id" : "select * from \"%w\"", table);
    size_t number = 0;
    int got = SQLITE_ERROR, rc = statement ? 0 : EX_IOERR;
    while (!rc && (got = sqlite3_step(statement)) == SQLITE_ROW) {
        struct source_row row = {row_of(statement), ++number, "memory is out"};
        rc = each(to, &row);
        json_decref(row.row);
    }
    if (!rc && got != SQLITE_DONE)
        rc = complain(self);
    sqlite3_finalize(statement);
    return rc;
}

const struct source_kind source_sqlite = {open_, close_, count, rows};
