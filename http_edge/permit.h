#ifndef ZOE_EDGE_PERMIT_H
#define ZOE_EDGE_PERMIT_H

#include "http_edge/request.h"

/* Whether a request may go on: its login against what its route asks for, and cookies against other sites' pages. False
 * with a refusal made, or with the request parked until keys have arrived; then it is asked again. */
bool permit(struct request *request);

/* Whether nobody gets a good answer of a route without a login. */
bool permit_needs_login(const struct route *route);

#endif
