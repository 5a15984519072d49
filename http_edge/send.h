#ifndef ZOE_EDGE_SEND_H
#define ZOE_EDGE_SEND_H

struct request;

/* Answers with a file of the store that never changes under its name, or a part of it, or 304. `type` and `cache` are
 * header values that stay. 0, or -1 with errno when there is no such file. */
int send_mapped(struct request *request, const char *name, const char *type, const char *cache);

#endif
