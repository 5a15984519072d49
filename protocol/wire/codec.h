#ifndef ZOE_WIRE_CODEC_H
#define ZOE_WIRE_CODEC_H

#include "protocol/wire/arena.h"
#include "protocol/wire/buffer.h"
#include "protocol/wire/check.h"
#include "protocol/wire/contract.h"

/* Bodies: int-keyed msgpack maps. Unknown keys are skipped, so that an older program reads a newer one's body. */

/* Appends `value` (a struct of `record`). 0, or -1 when a required field is absent or memory is out. */
int body_encode(const struct record *record, const void *value, struct buffer *to);

/* A struct of `record` in `arena`, or NULL with *fault set: not msgpack, a field of the wrong type or outside its
 * bounds, a required one missing, a key twice, nested deeper than 8, or bytes behind the end. */
void *body_decode(const struct record *record, const void *from, size_t n, struct arena *arena, struct fault *fault);

#endif
