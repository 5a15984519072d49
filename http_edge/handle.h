#ifndef ZOE_EDGE_HANDLE_H
#define ZOE_EDGE_HANDLE_H

#include "http_edge/request.h"

/* What MHD calls: the way of a request from its head to its last byte. */
enum MHD_Result request_handle(void *shard, struct MHD_Connection *connection, const char *url, const char *method,
                               const char *version, const char *data, size_t *n, void **self);
/* Asks the route's message, or answers with what the cache has. */
void request_ask_message(struct request *request);
/* Answers with what the route's message said in slot 0. */
void request_answered(struct request *request);
void request_completed(void *shard, struct MHD_Connection *connection, void **self,
                       enum MHD_RequestTerminationCode why);

#endif
