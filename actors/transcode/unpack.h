#ifndef ZOE_TRANSCODE_UNPACK_H
#define ZOE_TRANSCODE_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes a segment (MPEG transport stream, as media/ts.c writes it) apart again. Pure; whatever the bytes are, nothing
 * is read outside of them. */

struct unpack_unit {
    bool sound;
    int64_t pts, dts;    /* 90 kHz */
    const uint8_t *data; /* Annex B access unit, or AAC without its head; until the callback returns */
    size_t bytes;
};

/* Calls `take` for every unit, pictures and sound each in their order; it returns non-zero to stop. 0, or -1. */
int unpack(const uint8_t *segment, size_t bytes, int (*take)(void *self, const struct unpack_unit *unit), void *self);

#endif
