#ifndef ZOE_EDGE_CORS_H
#define ZOE_EDGE_CORS_H

#include "http_edge/request.h"

enum { ORIGINS_MAX = 32 };

/* Reads ZOE_CORS_ORIGINS; -1 when there are too many. Once, before the shards. */
int cors_open(void);

/* Number of a listed origin, -1 when it is not listed. */
int cors_origin(const char *origin);
const char *cors_origin_text(int number);

/* Adds what a response for origin `number` carries. */
void cors_add(struct MHD_Response *response, int number);

/* Whether a request that changes something comes from where it may: for requests that cookies authorise. */
bool cors_same_site(struct request *request);

/* "GET, HEAD, POST" of a set of methods. */
void cors_methods(unsigned methods, char to[96]);

#endif
