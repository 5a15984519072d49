#ifndef ZOE_EDGE_HEAD_H
#define ZOE_EDGE_HEAD_H

#include "http_edge/request.h"

/* Reads a request's head, finds its route, judges its form. A refusal is already its response. NULL: no memory. */
struct request *head_begin(struct shard *shard, struct MHD_Connection *connection, const char *url, const char *method,
                           const char *version);

/* 405 with Allow. */
void head_refuse_method(struct request *request);

#endif
