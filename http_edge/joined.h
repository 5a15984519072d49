#ifndef ZOE_EDGE_JOINED_H
#define ZOE_EDGE_JOINED_H

#include "protocol/wire/contract.h"

/* The title of this number in a list of titles; NULL without one. */
const struct title *joined_title(const struct list *titles, int64_t id);

#endif
