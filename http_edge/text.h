#ifndef ZOE_EDGE_TEXT_H
#define ZOE_EDGE_TEXT_H

#include "http_edge/request.h"

/* Texts of a request's path, query and forms. */

/* Value of a hexadecimal digit, -1 for others. */
int text_hex(char c);

/* Decodes %XX; -1 when it is not valid UTF-8 without NUL or does not fit. `plus`: + is a blank. */
int text_decode(const char *from, size_t n, bool plus, char *to, size_t size);

/* Whether a word stands in a list separated by blanks. */
bool text_lists(const char *list, const char *word);

/* A parameter of the path, decoded; "" when the route has none of that name or it is not valid UTF-8. */
const char *request_param(struct request *request, const char *name);
/* The same of the query; NULL when absent. What is no UTF-8 stays none, so that the field's check refuses it. */
const char *request_query(struct request *request, const char *name);

/* Number of a {name:int} parameter. */
int64_t request_number(struct request *request, const char *name);

/* "http://host", from ZOE_PUBLIC_URL or the Host header, https when a trusted proxy says so; in the arena. */
const char *request_base(struct request *request);

#endif
