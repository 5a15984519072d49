#ifndef ZOE_EDGE_OPENAPI_H
#define ZOE_EDGE_OPENAPI_H

#include <jansson.h>

/* The description of each API that is served, in OpenAPI 3.1: made from the routes' tables and the contract when it is
 * first asked for, and served from memory. */

/* After route_compile(); -1 when memory is out. */
int openapi_open(void);

/* What is described of a dialect; NULL when it is not served. The caller json_decref()s it. */
json_t *openapi_describe(const char *dialect);

#endif
