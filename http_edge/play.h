#ifndef ZOE_EDGE_PLAY_H
#define ZOE_EDGE_PLAY_H

#include "http_edge/request.h"

/* What the ways to a film have in common. */

/* The film is not in our store: at YouTube, or at an address. */
bool play_elsewhere(const struct playable_reply *film);

/* Whether this may be a folder of the store. */
bool play_asset_name(const char *name);

#endif
