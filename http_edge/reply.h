#ifndef ZOE_EDGE_REPLY_H
#define ZOE_EDGE_REPLY_H

#include "http_edge/request.h"

/* Answers. Each sets the request's response; it is sent when the handler is left or the request resumed. */

/* A sentence is enough for most. `code` NULL: the status's own name. */
void reply_refuse(struct request *request, enum status status, const char *code, const char *detail);
void reply_refusal(struct request *request, const struct refusal *refusal);
/* A wrong field. */
void reply_fault(struct request *request, const char *key, const struct fault *fault);
/* What a mapping found wrong; more than one where the dialect gathers them. `nothing`: the body was {}, which a row for
 * "empty" may tell. */
void reply_faults(struct request *request, const struct take_faults *faults, bool nothing);
/* What an actor refused. */
void reply_problem(struct request *request, const struct answer *answer);

/* The row that tells what a refusal becomes; `route` may be NULL. */
const struct error *reply_error(const struct route *route, const struct dialect *dialect,
                                const struct refusal *refusal);

/* The route's answer: its code, its shape over `value`, its header lines; ETag and 304 for reads. */
void reply_record(struct request *request, const void *value);

/* What a native route made; takes the buffer's memory. `cache`: the Cache-Control. */
void reply_body(struct request *request, int http, const char *type, const char *cache, struct buffer *body);
void reply_json(struct request *request, int http, struct buffer *json);
void reply_empty(struct request *request, int http);

/* A response of the caller's: owned by the request from here on. `bytes`: of its body, for the log. */
void reply_response(struct request *request, int http, struct MHD_Response *response, uint64_t bytes);
/* The same for one that belongs to a cache, which must keep it until the request's end; no header may be added. */
void reply_shared(struct request *request, int http, struct MHD_Response *response, uint64_t bytes);
/* Adds a header to the request's response. */
void reply_header(struct request *request, const char *name, const char *value);

/* What every answer of the edge carries: nosniff, Referrer-Policy, CORS, trace. */
void reply_common(struct request *request, struct MHD_Response *response);

/* Whether If-None-Match names the tag (quoted). */
bool reply_unchanged(const struct request *request, const char *etag);

#endif
