#ifndef ZOE_EDGE_THROTTLE_H
#define ZOE_EDGE_THROTTLE_H

#include <stdint.h>

/* Counts requests of a network address that come without a login, over all shards: ZOE_ANONYMOUS_PER_MINUTE in the
 * minute that begins with the first. 0 when this one may go on, else the seconds until the minute is over. The loopback
 * is not counted. */
int64_t throttle_take(const char *address);

#endif
