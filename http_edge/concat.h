#ifndef ZOE_EDGE_CONCAT_H
#define ZOE_EDGE_CONCAT_H

#include "protocol/wire/arena.h"

/* Upload-Concat of tus 1.0: "partial", or "final;" and the addresses of partial uploads, divided by blanks. */

enum concat_kind { CONCAT_NONE, CONCAT_PARTIAL, CONCAT_FINAL, CONCAT_UNKNOWN };

enum { CONCAT_PARTS_MAX = 100 };

/* `text` NULL is CONCAT_NONE. */
enum concat_kind concat_kind(const char *text);

/* The names of a final upload's parts, in the arena; how many, or -1 when one is none, or there are none or too many.
 * Addresses may be whole or begin with their path. */
int concat_parts(const char *text, struct arena *arena, const char *ids[CONCAT_PARTS_MAX]);

#endif
