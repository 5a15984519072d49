#ifndef ZOE_EDGE_DIALECTS_H
#define ZOE_EDGE_DIALECTS_H

#include "http_edge/route.h"

/* One dialect as its table says it; lists end in a row of zeros. */
struct dialect_table {
    const struct dialect_row *dialect;
    const struct route_row *routes;
    const struct error_row *errors;
};

/* The first is the house's own and is always served. */
const struct dialect_table *dialects_all(size_t *count);

#endif
