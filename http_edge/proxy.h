#ifndef ZOE_EDGE_PROXY_H
#define ZOE_EDGE_PROXY_H

#include <netinet/in.h>
#include <stdbool.h>

#include "http_edge/request.h"

/* Who a request comes from when proxies stand before the edge. What a proxy says is believed only as far as the proxies
 * of ZOE_TRUSTED_PROXIES reach: from the right, the first address that is none of them. */

/* Reads the networks of the settings ("127.0.0.0/8, ::1"), once; -1 with a sentence in `why`. */
int proxy_open(const char *networks, char why[300]);

/* The client's address as text, from that of the connection and a header (NULL: none), X-Forwarded-For or, when
 * `forwarded`, Forwarded (RFC 7239). What cannot be read ends the search: nothing left of it is believed. */
void proxy_pick(const char *peer, const char *header, bool forwarded, char to[INET6_ADDRSTRLEN]);

/* The same of a request; in its arena, kept. "" when the connection tells none. */
const char *proxy_client(struct request *request);

/* Whether a trusted proxy says that its client came by https. */
bool proxy_secure(struct request *request);

#endif
