#ifndef ZOE_EDGE_OPENAPI_PARTS_H
#define ZOE_EDGE_OPENAPI_PARTS_H

#include <jansson.h>

#include "http_edge/route.h"

/* Parts of a description in OpenAPI 3.1. Schemas are JSON Schema 2020-12; whoever gets one owns it. `schemas` is the
 * document's components/schemas: records that are referred to are put there. */

/* Puts a member into an object and takes the value. */
void openapi_put(json_t *object, const char *name, json_t *value);

/* Of a field of an answer; of a field of an ask, with its bounds. */
json_t *schema_shown(json_t *schemas, const struct field *field);
json_t *schema_asked(const struct field *field);
/* A reference to a record of an answer. */
json_t *schema_record(json_t *schemas, const struct record *record);
/* The same, or null. Takes the schema. */
json_t *schema_or_null(json_t *schema);
/* Any of a list of schemas, without repetitions. Takes the list. */
json_t *schema_any(json_t *list);
/* Of what a shape (see template.h) makes of a record. */
json_t *schema_shape(json_t *schemas, const struct record *record, const char *text);

/* Parameters and requestBody of a route into `operation`. */
void openapi_asks(const struct route *route, json_t *operation);

/* The refusals of a route into `responses`: each status that its rows, its login and its body can lead to. */
void openapi_refusals(const struct route *route, json_t *responses);
/* Any refusal of a dialect, for what no route can tell by itself (services that are away, limits). */
json_t *openapi_any_refusal(const struct dialect *dialect);

/* {"description":..., "content":{type:{"schema":...}}} */
json_t *openapi_response(const char *description, const char *type, json_t *schema);
/* The schema of RFC 9457 problems as the edge writes them, to be components/schemas/problem_details. */
json_t *openapi_problem(void);

/* The readable page of a document: HTML. NULL when memory is out; the caller frees it. */
char *docs_page(const json_t *document, const char *dialect, const json_t *dialects, size_t *n);

#endif
