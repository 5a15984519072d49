#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/zoectl/source.h"
#include "broker/zoectl/zoectl.h"

/* The address goes to libpq as it is: postgres://..., or host=... dbname=...; only a driver's name
 * (postgresql+psycopg2) is taken out of it. */

static int complain(PGconn *db) {
    zoectl_complain("%.*s", (int)strcspn(PQerrorMessage(db), "\n"), PQerrorMessage(db));
    return EX_IOERR;
}

/* The rows of a statement; NULL after a line on stderr. */
static PGresult *query(PGconn *db, const char *sql, const char *param) {
    PGresult *result = PQexecParams(db, sql, param ? 1 : 0, NULL, &param, NULL, NULL, 0);
    if (PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK)
        return result;
    complain(db);
    PQclear(result);
    return NULL;
}

/* Times come as UTC and in ISO 8601, and all rows from one moment. */
static int begin(PGconn *db) {
    static const char *const statements[] = {"set client_encoding = 'UTF8'", "set timezone = 'UTC'",
                                             "set datestyle = 'ISO'",
                                             "begin isolation level repeatable read read only"};
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        PGresult *result = query(db, statements[i], NULL);
        PQclear(result);
        if (!result)
            return -1;
    }
    return 0;
}

static PGconn *connect_to(const char *place) {
    char address[4000];
    size_t scheme = strcspn(place, ":"), name = strcspn(place, "+");
    bool driver = name < scheme;
    if ((size_t)snprintf(address, sizeof address, "%.*s%s", driver ? (int)name : 0, place,
                         place + (driver ? scheme : 0)) >= sizeof address)
        return NULL;
    return PQconnectdb(address);
}

static int open_(const char *place, void **self, json_t *tables) {
    PGconn *db = connect_to(place);
    PGresult *result = NULL;
    if (!db)
        zoectl_complain("the address is too long");
    else if (PQstatus(db) != CONNECTION_OK)
        complain(db);
    else if (!begin(db))
        result =
            query(db,
                  "select relname from pg_class where relkind in ('r', 'p', 'v') and pg_table_is_visible(oid) "
                  "and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) order by 1",
                  NULL);
    for (int i = 0; result && i < PQntuples(result); i++)
        json_array_append_new(tables, json_string(PQgetvalue(result, i, 0)));
    *self = db;
    if (!result)
        PQfinish(db);
    PQclear(result);
    return result ? 0 : -1;
}

static void close_(void *self) {
    PQfinish(self);
}

/* `format` has one %s for the quoted name of the table. NULL after a line on stderr. */
static PGresult *query_table(PGconn *db, const char *format, const char *table) {
    char sql[400], *name = PQescapeIdentifier(db, table, strlen(table));
    PGresult *result = NULL;
    if (name && (size_t)snprintf(sql, sizeof sql, format, name) < sizeof sql)
        result = query(db, sql, NULL);
    PQfreemem(name);
    return result;
}

static int64_t count(void *self, const char *table) {
    PGresult *result = query_table(self, "select count(*) from %s", table);
    int64_t rows = result ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : 0;
    PQclear(result);
    return rows;
}

static int rows(void *self, const char *table, source_each *each, void *to) {
    PGresult *result =
        query(self,
              "select from pg_attribute where attrelid = to_regclass(quote_ident($1)) and attname = 'id' "
              "and not attisdropped",
              table);
    bool ordered = result && PQntuples(result);
    int rc = result ? 0 : EX_IOERR;
    size_t number = 0;
    PQclear(result);
    result = rc ? NULL
                : query_table(self,
                              ordered ? "declare past no scroll cursor for select to_jsonb(t) from %s t order by t.id"
                                      : "declare past no scroll cursor for select to_jsonb(t) from %s t",
                              table);
    rc = result ? 0 : EX_IOERR;
    for (int got = 1; !rc && got;) {
        PQclear(result);
        result = query(self, "fetch 1000 from past", NULL);
        got = result ? PQntuples(result) : 0;
        rc = result ? 0 : EX_IOERR;
        for (int i = 0; i < got && !rc; i++) {
            struct source_row row = {json_loads(PQgetvalue(result, i, 0), 0, NULL), ++number, "it cannot be read"};
            rc = each(to, &row);
            json_decref(row.row);
        }
    }
    PQclear(result);
    PQclear(rc == EX_IOERR ? NULL : query(self, "close past", NULL));
    return rc;
}

const struct source_kind source_pg = {open_, close_, count, rows};
