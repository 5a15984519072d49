#ifndef ZOE_DB_PG_H
#define ZOE_DB_PG_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/wire/arena.h"
#include "protocol/wire/contract.h"

/* One connection to PostgreSQL, used by one thread. It connects when it is first needed and again after a loss; a named
 * statement is prepared when it first runs on a connection. */
struct db;

struct db_query {
    const char *name, *sql;
    const char *const *params; /* names of $1, $2, ..., NULL at the end */
    bool anew;                 /* planned with its values at each run: a plan for any values would be a bad one */
};

enum db_type { DB_NULL, DB_INT, DB_REAL, DB_BOOL, DB_TEXT, DB_BYTES };

struct db_arg {
    const char *name;
    enum db_type type;
    union {
        int64_t integer;
        double real;
        bool flag;
        const char *text; /* NULL is null */
        struct bytes bytes;
    };
};

#define ARG_INT(name_, value)                                                                                          \
    { .name = name_, .type = DB_INT, .integer = (value) }
#define ARG_REAL(name_, value)                                                                                         \
    { .name = name_, .type = DB_REAL, .real = (value) }
#define ARG_BOOL(name_, value)                                                                                         \
    { .name = name_, .type = DB_BOOL, .flag = (value) }
#define ARG_TEXT(name_, value)                                                                                         \
    { .name = name_, .type = DB_TEXT, .text = (value) }
#define ARG_BYTES(name_, value, n_)                                                                                    \
    {                                                                                                                  \
        .name = name_, .type = DB_BYTES, .bytes = {(const uint8_t *)(value), (n_) }                                    \
    }
#define ARGS(...) ((const struct db_arg[]){__VA_ARGS__, {.name = NULL}})

/* `service` NULL: as the owner, for migrations. Opens nothing yet; NULL when memory is out. */
struct db *db_open(const char *service, const struct db_query *queries, unsigned count);
void db_close(struct db *db);

/* Connects when needed. OK or UNAVAILABLE; while the server is away it tries at most every 100 ms. */
enum status db_connect(struct db *db);

/* Connects and prepares every statement of the table. OK, or UNAVAILABLE; a broken statement is in the log by its name.
 */
enum status db_prepare(struct db *db);
/* The same, unless db_migrate() has prepared exactly these statements since the tables changed last: for the start of a
 * process, which is not to wait for a hundred statements, nor to serve with a broken one. */
enum status db_check(struct db *db);
enum { DB_MARK_BYTES = 28 };
/* What db_migrate() leaves at a schema for db_check(): a text that stands for these statements. */
void db_mark(const struct db_query *queries, unsigned count, char to[DB_MARK_BYTES]);

/* Grows with every new connection: what belonged to the old one (locks) is gone when it changed. */
unsigned db_generation(const struct db *db);

/* An idle connection that the server closed is only noticed by looking: call it before work that cannot be repeated. */
void db_notice_loss(struct db *db);

/* Runs a statement. Each parameter comes from `args` (may be NULL), else from the field of that name in `value` (a
 * struct of `record`, may be NULL); absent fields and empty lists of texts or numbers are null, others are arrays. NULL
 * on failure, db_status() tells; else the caller rows_free()s. */
struct rows *db_run(struct db *db, unsigned query, const struct record *record, const void *value,
                    const struct db_arg *args);

/* Runs SQL that is not in the table (migrations). Several statements are one transaction. */
enum status db_script(struct db *db, const char *sql);
struct rows *db_text(struct db *db, const char *sql);

/* What the last failure means: CONFLICT (unique, db_constraint() names it), NOT_FOUND (foreign key), INVALID (check),
 * BUSY (deadlock, serialization), DEADLINE, UNAVAILABLE (connection), else INTERNAL. OK after a success. */
enum status db_status(const struct db *db);
const char *db_constraint(const struct db *db);

enum status db_begin(struct db *db);
/* UNKNOWN_OUTCOME when the connection was lost in it. */
enum status db_commit(struct db *db);
void db_rollback(struct db *db);

struct rows;
void rows_free(struct rows *rows);
size_t rows_count(const struct rows *rows);
/* By column name; 0, false, "" for null. The text lives as long as `rows`. */
int64_t rows_int(const struct rows *rows, size_t row, const char *column);
double rows_real(const struct rows *rows, size_t row, const char *column);
bool rows_bool(const struct rows *rows, size_t row, const char *column);
const char *rows_text(const struct rows *rows, size_t row, const char *column);
bool rows_null(const struct rows *rows, size_t row, const char *column);
struct bytes rows_bytes(const struct rows *rows, size_t row, const char *column, struct arena *arena);

/* Sets the fields of `value` that have a column of their name; times are read as milliseconds. 0, or -1 when memory is
 * out. */
int rows_fill(const struct rows *rows, size_t row, const struct record *record, void *value, struct arena *arena);
/* A list of `record`s, one a row. */
struct list rows_list(const struct rows *rows, const struct record *record, struct arena *arena);

/* Reads or makes the password of a service's role, ZOE_DATA/secrets/db_SERVICE. 0, or -1. */
int db_secret(const char *service, bool make, char to[65]);
/* What PostgreSQL keeps of such a secret, for `alter role ... password`. 0, or -1. */
int db_verifier(const char *secret, char to[160]);

#endif
