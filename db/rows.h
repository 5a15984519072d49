#ifndef ZOE_DB_ROWS_H
#define ZOE_DB_ROWS_H

#include <libpq-fe.h>

#include "db/pg.h"

/* Inside of db/: rows that own `result`. NULL, and the result is cleared, when memory is out. */
struct rows *rows_take(PGresult *result);

#endif
