#ifndef ZOE_EDGE_DIALECTS_H
#define ZOE_EDGE_DIALECTS_H

#include "http_edge/route.h"

/* The tables of dialects/; the first is the house's own. They end in a row of zeros. */
const struct dialect_table *dialects_all(void);

#endif
