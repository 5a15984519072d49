#include "db/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/pg.h"
#include "protocol/node/log.h"
#include "protocol/wire/buffer.h"

struct migration {
    const char *service; /* empty: every service */
    int number;
    const char *name, *sql;
};

#include "db/migrations.h"

static const char ground[] =
    "create schema if not exists zoe;"
    "create table if not exists zoe.migrations (service text, number integer, name text not null,"
    " at timestamptz not null default now(), primary key (service, number));"
    "revoke all on schema public from public;"
    /* What search needs of PostgreSQL's own extensions; a service may use it, and nobody may add to it. */
    "create schema if not exists letters;"
    "create extension if not exists unaccent with schema letters;"
    "create extension if not exists pg_trgm with schema letters;"
    "create extension if not exists fuzzystrmatch with schema letters;"
    "grant usage on schema letters to public;";

/* The statements of all services, which must be at home in the tables that the migrations left. */
#define DB_QUERIES_ALONE
#define DB_QUERIES_TABLE auth_queries
#include "db/auth/queries.h"
#undef DB_QUERIES_TABLE
#define DB_QUERIES_TABLE content_queries
#include "db/content/queries.h"
#undef DB_QUERIES_TABLE
#define DB_QUERIES_TABLE history_queries
#include "db/history/queries.h"
#undef DB_QUERIES_TABLE
#define DB_QUERIES_TABLE mail_queries
#include "db/mail/queries.h"
#undef DB_QUERIES_TABLE
#define DB_QUERIES_TABLE transcode_queries
#include "db/transcode/queries.h"

static const struct service {
    const char *name;
    const struct db_query *queries;
    unsigned count;
} services[] = {
#define SERVICE(name)                                                                                                  \
    { #name, name##_queries, sizeof name##_queries / sizeof *name##_queries }
    SERVICE(auth), SERVICE(content), SERVICE(history), SERVICE(mail), SERVICE(transcode),
};

/* Names come from the table above and the verifier is base64, so that nothing needs quoting. */
static enum status make_role(struct db *db, const char *service) {
    char secret[65], verifier[160];
    struct buffer sql = {0};
    if (db_secret(service, true, secret) || db_verifier(secret, verifier)) {
        log_error(NULL, "secret_failed", "service=%s", service);
        return INTERNAL;
    }
    buffer_print(&sql,
                 "do $$ begin if not exists (select from pg_roles where rolname = 'zoe_%s') then"
                 " create role zoe_%s; end if; end $$;"
                 "alter role zoe_%s login password '%s' nosuperuser nocreatedb nocreaterole;"
                 "grant zoe_%s to current_user;"
                 "create schema if not exists %s authorization zoe_%s;"
                 "alter role zoe_%s set search_path = %s, letters;"
                 /* What check_statements() left stood for the tables as they were. */
                 "comment on schema %s is null;",
                 service, service, service, verifier, service, service, service, service, service, service);
    enum status status = sql.failed ? INTERNAL : db_script(db, sql.at);
    buffer_free(&sql);
    return status;
}

static bool done_before(struct db *db, const char *service, int number) {
    char sql[200];
    snprintf(sql, sizeof sql, "select 1 from zoe.migrations where service = '%s' and number = %d", service, number);
    struct rows *rows = db_text(db, sql);
    bool done = rows && rows_count(rows);
    rows_free(rows);
    return done;
}

static enum status run_migration(struct db *db, const char *service, const struct migration *migration) {
    if (done_before(db, service, migration->number))
        return OK;
    struct buffer sql = {0};
    /* Large tables are rewritten for as long as that takes. */
    buffer_print(&sql,
                 "begin; set local statement_timeout = 0; set local role zoe_%s; set local search_path = %s, letters;",
                 service, service);
    buffer_text(&sql, migration->sql);
    buffer_print(&sql,
                 "; reset role; insert into zoe.migrations (service, number, name) values ('%s', %d, '%s'); commit;",
                 service, migration->number, migration->name);
    enum status status = sql.failed ? INTERNAL : db_script(db, sql.at);
    if (status == OK)
        log_info(NULL, "migrated", "service=%s name=%s", service, migration->name);
    else {
        log_error(NULL, "migration_failed", "service=%s name=%s", service, migration->name);
        db_script(db, "rollback");
    }
    buffer_free(&sql);
    return status;
}

/* Prepares every statement as the service itself will, and marks that this was done: then it may start without. */
static enum status check_statements(struct db *db, const struct service *service) {
    char mark[DB_MARK_BYTES], sql[200];
    struct db *own = db_open(service->name, service->queries, service->count);
    enum status status = own ? db_prepare(own) : INTERNAL;
    db_close(own);
    db_mark(service->queries, service->count, mark);
    snprintf(sql, sizeof sql, "comment on schema %s is '%s'", service->name, mark);
    return status == OK ? db_script(db, sql) : status;
}

static enum status prepare_service(struct db *db, const struct service *service) {
    enum status status = make_role(db, service->name);
    for (size_t i = 0; status == OK && i < sizeof migrations / sizeof *migrations; i++)
        if (!*migrations[i].service || !strcmp(migrations[i].service, service->name))
            status = run_migration(db, service->name, &migrations[i]);
    return status == OK ? check_statements(db, service) : status;
}

int db_migrate(void) {
    struct db *db = db_open(NULL, NULL, 0);
    enum status status = db ? db_script(db, "select pg_advisory_lock(hashtext('zoe migrate'))") : INTERNAL;
    if (status == OK)
        status = db_script(db, ground);
    for (size_t i = 0; status == OK && i < sizeof services / sizeof *services; i++)
        status = prepare_service(db, &services[i]);
    db_close(db);
    return status == OK ? 0 : -1;
}
