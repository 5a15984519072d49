#include "db/pg.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/array.h"
#include "db/rows.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"
#include "protocol/node/log.h"
#include "protocol/wire/json.h"

enum { PARAMS_MAX = 32, RETRY_MS = 100 };

struct db {
    const char *service;
    const struct db_query *queries;
    unsigned count;
    bool *prepared; /* on this connection, by number */
    PGconn *conn;
    struct arena *scratch;
    bool in_transaction;
    unsigned generation;
    int64_t failed_ms;
    enum status status;
    char constraint[64];
};

struct db *db_open(const char *service, const struct db_query *queries, unsigned count) {
    struct db *db = calloc(1, sizeof *db);
    if (!db)
        return NULL;
    *db = (struct db){.service = service,
                      .queries = queries,
                      .count = count,
                      .prepared = calloc(count + 1, sizeof *db->prepared),
                      .scratch = arena_new()};
    if (db->scratch && db->prepared)
        return db;
    db_close(db);
    return NULL;
}

void db_close(struct db *db) {
    if (!db)
        return;
    PQfinish(db->conn);
    arena_free(db->scratch);
    free(db->prepared);
    free(db);
}

/* libpq takes a socket folder only when it begins with a slash. */
static int default_address(char *to, size_t size) {
    char *folder = realpath(config()->data, NULL);
    int n = snprintf(to, size, "host='%s/pg/run' port=5432 dbname=zoetrope", folder ? folder : config()->data);
    free(folder);
    return n > 0 && (size_t)n < size ? 0 : -1;
}

static PGconn *dial(const char *service) {
    char address[4500], role[40], secret[65], name[48];
    const char *url = config()->database_url;
    if (!*url) {
        if (default_address(address, sizeof address))
            return NULL;
        url = address;
    }
    snprintf(name, sizeof name, "zoe-%s", service ? service : "owner");
    const char *keys[] = {"dbname", "application_name", "connect_timeout", "options", "client_encoding", NULL, NULL,
                          NULL};
    const char *values[] = {
        url,    name, "3",  "-c statement_timeout=15000 -c idle_in_transaction_session_timeout=30000 -c timezone=UTC",
        "UTF8", NULL, NULL, NULL};
    int n = 5;
    if (service) {
        if (db_secret(service, false, secret))
            return NULL;
        snprintf(role, sizeof role, "zoe_%s", service);
        keys[n] = "user", values[n++] = role;
        keys[n] = "password", values[n++] = secret;
    } else if (!*config()->database_url)
        keys[n] = "user", values[n++] = "zoetrope";
    return PQconnectdbParams(keys, values, 1);
}

static void discard_notice(void *arg, const PGresult *result) {
    (void)arg, (void)result;
}

/* False, and the reason in the log, when the statement did not come to be. */
static bool prepared(const struct db_query *query, PGresult *result) {
    bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!good && PQresultStatus(result) != PGRES_PIPELINE_ABORTED)
        log_error(NULL, "query_broken", "query=%s error=%s", query->name, log_value(PQresultErrorMessage(result)));
    PQclear(result);
    return good;
}

/* All statements in one round trip. */
static int prepare_all(struct db *db) {
    bool good = PQenterPipelineMode(db->conn) == 1;
    for (unsigned i = 0; i < db->count && good; i++)
        good = PQsendPrepare(db->conn, db->queries[i].name, db->queries[i].sql, 0, NULL) == 1;
    if (!good || PQpipelineSync(db->conn) != 1)
        return -1;
    for (unsigned i = 0; i < db->count; i++) {
        db->prepared[i] = prepared(&db->queries[i], PQgetResult(db->conn));
        good &= db->prepared[i];
        PQclear(PQgetResult(db->conn)); /* the end of this statement's results */
    }
    PQclear(PQgetResult(db->conn)); /* the sync's own */
    return good && PQexitPipelineMode(db->conn) == 1 ? 0 : -1;
}

static void disconnect(struct db *db) {
    PQfinish(db->conn);
    db->conn = NULL;
}

enum status db_connect(struct db *db) {
    if (db->conn && PQstatus(db->conn) == CONNECTION_OK)
        return OK;
    db->in_transaction = false;
    db->status = UNAVAILABLE;
    if (db->failed_ms && clock_ms() - db->failed_ms < RETRY_MS)
        return UNAVAILABLE;
    disconnect(db);
    db->conn = dial(db->service);
    if (db->conn && PQstatus(db->conn) == CONNECTION_OK) {
        PQsetNoticeReceiver(db->conn, discard_notice, NULL);
        memset(db->prepared, 0, db->count * sizeof *db->prepared);
        if (db->failed_ms)
            log_info(NULL, "database_found", NULL);
        db->failed_ms = 0;
        db->generation++;
        return db->status = OK;
    }
    if (!db->failed_ms)
        log_warn(NULL, "database_lost", "error=%s", log_value(db->conn ? PQerrorMessage(db->conn) : "no address"));
    db->failed_ms = clock_ms();
    disconnect(db);
    return UNAVAILABLE;
}

enum status db_prepare(struct db *db) {
    if (db_connect(db) != OK)
        return UNAVAILABLE;
    if (!prepare_all(db))
        return OK;
    db->failed_ms = clock_ms();
    disconnect(db);
    return db->status = UNAVAILABLE;
}

/* FNV-1a over all names and texts. */
void db_mark(const struct db_query *queries, unsigned count, char to[DB_MARK_BYTES]) {
    uint64_t hash = 14695981039346656037u;
    for (unsigned i = 0; i < count; i++)
        for (int part = 0; part < 2; part++) {
            const char *at = part ? queries[i].sql : queries[i].name;
            do
                hash = (hash ^ (unsigned char)*at) * 1099511628211u;
            while (*at++);
        }
    snprintf(to, DB_MARK_BYTES, "statements %016" PRIx64, hash);
}

enum status db_check(struct db *db) {
    static const char sql[] = "select 1 from pg_catalog.pg_description d join pg_catalog.pg_namespace n"
                              " on d.classoid = 'pg_catalog.pg_namespace'::regclass and d.objoid = n.oid"
                              " where n.nspname = $1 and d.description = $2";
    char mark[DB_MARK_BYTES];
    if (db_connect(db) != OK)
        return UNAVAILABLE;
    db_mark(db->queries, db->count, mark);
    PGresult *result = PQexecParams(db->conn, sql, 2, NULL, (const char *const[]){db->service, mark}, NULL, NULL, 0);
    bool marked = PQntuples(result) == 1;
    PQclear(result);
    return marked ? OK : db_prepare(db);
}

unsigned db_generation(const struct db *db) {
    return db->generation;
}

void db_notice_loss(struct db *db) {
    struct pollfd item = {.fd = db->conn ? PQsocket(db->conn) : -1, .events = POLLIN};
    /* The server's farewell comes first, the end of the stream behind it. */
    while (item.fd >= 0 && poll(&item, 1, 0) > 0)
        if (!PQconsumeInput(db->conn)) {
            disconnect(db);
            return;
        }
}

static enum status meaning(const char *sqlstate) {
    static const struct {
        const char *state;
        enum status status;
    } table[] = {{"23505", CONFLICT}, {"23503", NOT_FOUND}, {"23514", INVALID},   {"22", INVALID},     {"40", BUSY},
                 {"55P03", BUSY},     {"57014", DEADLINE},  {"57P", UNAVAILABLE}, {"08", UNAVAILABLE}, {"53", BUSY}};
    for (size_t i = 0; sqlstate && i < sizeof table / sizeof *table; i++)
        if (!strncmp(sqlstate, table[i].state, strlen(table[i].state)))
            return table[i].status;
    return INTERNAL;
}

static void note_failure(struct db *db, const char *what, const PGresult *result) {
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    db->status = PQstatus(db->conn) == CONNECTION_OK ? meaning(state) : UNAVAILABLE;
    snprintf(db->constraint, sizeof db->constraint, "%s", constraint ? constraint : "");
    if (db->status != CONFLICT && db->status != NOT_FOUND)
        log_warn(NULL, "query_failed", "query=%s state=%s error=%s", what, state ? state : "-",
                 log_value(PQresultErrorMessage(result)));
    /* A migration changed what a prepared statement returns: the next use prepares it anew. */
    if (state && !strcmp(state, "0A000") && !db->in_transaction) {
        disconnect(db);
        db->status = BUSY;
    }
}

static struct rows *keep(struct db *db, const char *what, PGresult *result) {
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        note_failure(db, what, result);
        PQclear(result);
        return NULL;
    }
    struct rows *rows = rows_take(result);
    db->status = rows ? OK : INTERNAL;
    return rows;
}

struct params {
    const char *values[PARAMS_MAX];
    int lengths[PARAMS_MAX], formats[PARAMS_MAX];
};

static void set_bytes(struct params *params, int i, struct bytes bytes) {
    params->values[i] = bytes.at ? (const char *)bytes.at : "";
    params->lengths[i] = (int)bytes.n;
    params->formats[i] = 1;
}

static void set_arg(struct db *db, struct params *params, int i, const struct db_arg *arg) {
    switch (arg->type) {
    case DB_NULL:
        break;
    case DB_INT:
        params->values[i] = arena_print(db->scratch, "%" PRId64, arg->integer);
        break;
    case DB_REAL:
        params->values[i] = arena_print(db->scratch, "%.17g", arg->real);
        break;
    case DB_BOOL:
        params->values[i] = arg->flag ? "t" : "f";
        break;
    case DB_TEXT:
        params->values[i] = arg->text;
        break;
    case DB_BYTES:
        set_bytes(params, i, arg->bytes);
        break;
    }
}

static int set_field(struct db *db, struct params *params, int i, const struct field *field, const void *value) {
    const char *at = (const char *)value + field->offset;
    if (!field_present(field, value))
        return 0;
    switch (field->type) {
    case TYPE_BOOL:
        params->values[i] = *(const bool *)at ? "t" : "f";
        return 0;
    case TYPE_INT:
    case TYPE_TIME:
        params->values[i] = arena_print(db->scratch, "%" PRId64, *(const int64_t *)at);
        return 0;
    case TYPE_REAL:
        params->values[i] = arena_print(db->scratch, "%.17g", *(const double *)at);
        return 0;
    case TYPE_TEXT:
    case TYPE_CHOICE:
        params->values[i] = *(const char *const *)at;
        return 0;
    case TYPE_BYTES:
        set_bytes(params, i, *(const struct bytes *)at);
        return 0;
    case TYPE_TEXTS:
    case TYPE_NUMBERS:
        if (((const struct list *)at)->at)
            params->values[i] = array_write((const struct list *)at, field->type, db->scratch);
        return ((const struct list *)at)->at && !params->values[i] ? -1 : 0;
    default:
        return -1;
    }
}

static int bind(struct db *db, const struct db_query *query, const struct record *record, const void *value,
                const struct db_arg *args, struct params *params) {
    int n = 0;
    for (; query->params[n]; n++) {
        const char *name = query->params[n];
        const struct db_arg *arg = args;
        while (arg && arg->name && strcmp(arg->name, name))
            arg++;
        const struct field *field = record ? record_field(record, name) : NULL;
        if (n == PARAMS_MAX || ((!arg || !arg->name) && (!field || !value))) {
            log_error(NULL, "query_unbound", "query=%s parameter=%s", query->name, name);
            return -1;
        }
        if (arg && arg->name)
            set_arg(db, params, n, arg);
        else if (set_field(db, params, n, field, value))
            return -1;
    }
    return n;
}

/* The first run on a connection prepares the statement: neither a start nor a reconnect pays for a hundred. */
static PGresult *execute(struct db *db, unsigned number, int n, const struct params *params) {
    const struct db_query *query = &db->queries[number];
    if (query->anew)
        return PQexecParams(db->conn, query->sql, n, NULL, params->values, params->lengths, params->formats, 0);
    if (!db->prepared[number]) {
        PGresult *result = PQprepare(db->conn, query->name, query->sql, 0, NULL);
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            return result;
        PQclear(result);
        db->prepared[number] = true;
    }
    return PQexecPrepared(db->conn, query->name, n, params->values, params->lengths, params->formats, 0);
}

struct rows *db_run(struct db *db, unsigned number, const struct record *record, const void *value,
                    const struct db_arg *args) {
    const struct db_query *query = &db->queries[number];
    struct params params = {0};
    if (db->in_transaction ? PQstatus(db->conn) != CONNECTION_OK : db_connect(db) != OK) {
        db->status = UNAVAILABLE;
        return NULL;
    }
    arena_reset(db->scratch);
    int n = bind(db, query, record, value, args, &params);
    if (n < 0) {
        db->status = INTERNAL;
        return NULL;
    }
    return keep(db, query->name, execute(db, number, n, &params));
}

struct rows *db_text(struct db *db, const char *sql) {
    if (db_connect(db) != OK)
        return NULL;
    return keep(db, "script", PQexec(db->conn, sql));
}

enum status db_script(struct db *db, const char *sql) {
    struct rows *rows = db_text(db, sql);
    rows_free(rows);
    return db->status;
}

enum status db_status(const struct db *db) {
    return db->status;
}

const char *db_constraint(const struct db *db) {
    return db->constraint;
}

enum status db_begin(struct db *db) {
    enum status status = UNAVAILABLE;
    /* A connection that the server closed meanwhile is noticed here, where nothing can be lost yet. */
    for (int attempt = 0; attempt < 2 && status == UNAVAILABLE; attempt++)
        status = db_script(db, "begin");
    db->in_transaction = status == OK;
    return status;
}

enum status db_commit(struct db *db) {
    db->in_transaction = false;
    PGresult *result = PQexec(db->conn, "commit");
    bool done = PQresultStatus(result) == PGRES_COMMAND_OK && !strcmp(PQcmdStatus(result), "COMMIT");
    if (done)
        db->status = OK;
    else {
        note_failure(db, "commit", result);
        if (db->status == UNAVAILABLE)
            db->status = UNKNOWN_OUTCOME;
        else if (db->status == OK)
            db->status = INTERNAL;
    }
    PQclear(result);
    return db->status;
}

void db_rollback(struct db *db) {
    enum status status = db->status;
    db->in_transaction = false;
    if (PQstatus(db->conn) == CONNECTION_OK)
        PQclear(PQexec(db->conn, "rollback"));
    db->status = status;
}
