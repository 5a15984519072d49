#ifndef ZOE_WIRE_HEADER_H
#define ZOE_WIRE_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The second of a message's three frames: routing id, header, body. Fixed size, big endian; the broker reads nothing
 * else. */

enum { HEADER_BYTES = 88, HEADER_VERSION = 2, ONCE_BYTES = 16, BODY_MAX_BYTES = 1 << 20 };

enum kind {
    KIND_ASK = 1, /* a request */
    KIND_SAY,     /* its one answer, or the end of a stream */
    KIND_PART,    /* a piece of a streamed answer; SAY ends it */
    KIND_END,     /* reserved */
    KIND_CANCEL,  /* the asker has gone; there is no answer to it */
    KIND_CREDIT,  /* a worker raises its window: fast in remaining_ms, heavy in user */
    KIND_BEAT,    /* I am alive; any other frame says so too */
    KIND_READY,   /* a worker offers its service: body worker_ready */
    KIND_BYE,     /* a worker takes no more; or the broker does not know the worker (any more) */
    KIND_EVENT,   /* a hint for the bus: body bus_event */
    KIND_LAST
};

enum role { ROLE_USER = 1, ROLE_ADMIN = 2, ROLE_SERVICE = 1 << 30 };

/* Names an ask for ever: who asked and which of theirs. A repeated ask carries the same key. */
struct ask_key {
    uint64_t edge, sequence;
};

struct header {
    uint8_t kind;
    uint8_t attempt; /* 1 at the first worker */
    uint16_t message;
    uint16_t status;
    uint32_t remaining_ms; /* until the asker gives up */
    struct ask_key key;
    int64_t user; /* 0: nobody */
    uint32_t roles;
    uint32_t body_bytes;
    uint8_t trace[16];
    /* Of an ask that shall take effect once however often its client sends it; all zero: no such wish. The same client
     * and key always give the same bytes. */
    uint8_t once[ONCE_BYTES];
    uint64_t once_body; /* digest of what is asked; in an answer 1 when it was kept from an earlier ask, else 0 */
};

bool header_once(const struct header *header);

void header_write(const struct header *header, uint8_t to[HEADER_BYTES]);

/* 0, or -1 when the bytes are no header of this version; *header is then not touched. */
int header_read(struct header *header, const void *from, size_t n);

/* 32 hex digits and a NUL. */
void trace_text(const uint8_t trace[16], char to[33]);

#endif
