#include <stdio.h>
#include <sysexits.h>

#include "db/migrate.h"

int zoectl_migrate(int argc, char **argv);

/* zoectl migrate: prepares the database that ZOE_DATABASE_URL or ZOE_DATA names. */
int zoectl_migrate(int argc, char **argv) {
    (void)argv;
    if (argc > 1) {
        fprintf(stderr, "usage: zoectl migrate\n");
        return EX_USAGE;
    }
    return db_migrate() ? EX_UNAVAILABLE : 0;
}
