#ifndef ZOE_EDGE_ONCE_H
#define ZOE_EDGE_ONCE_H

#include "http_edge/request.h"

/* Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): names a wish of a client, so that a repeated request is
 * answered like the first and takes effect once. */

/* Reads the key, for the ask in slot 0. `what` is all that the request asks for. -1 when it is refused: the answer is
 * set. Without a key nothing happens. */
int once_take(struct request *request, const void *what, size_t n);

/* Adds Idempotency-Replayed to an answer that was kept. */
void once_tell(struct request *request);

#endif
