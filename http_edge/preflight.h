#ifndef ZOE_EDGE_PREFLIGHT_H
#define ZOE_EDGE_PREFLIGHT_H

#include "http_edge/request.h"

/* Answers an OPTIONS request: preflights of listed origins with what the path takes, others with Allow. */
void preflight_answer(struct request *request);

#endif
