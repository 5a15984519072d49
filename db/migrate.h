#ifndef ZOE_DB_MIGRATE_H
#define ZOE_DB_MIGRATE_H

/* Makes, for each service, a role that can touch its own schema only and the schema, and runs the migrations that have
 * not run yet, each in one transaction as that role. Then every statement of the service is prepared once by that role,
 * and a broken one is told by its name. Safe to run twice and at once from two places. 0, or -1 (logged).
 */
int db_migrate(void);

#endif
