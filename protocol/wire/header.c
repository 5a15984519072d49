#include "protocol/wire/header.h"

#include <endian.h>
#include <string.h>

static const uint32_t magic = 0x5a4f4531; /* ZOE1 */

static void put16(uint8_t *to, uint16_t value) {
    value = htobe16(value);
    memcpy(to, &value, sizeof value);
}

static void put32(uint8_t *to, uint32_t value) {
    value = htobe32(value);
    memcpy(to, &value, sizeof value);
}

static void put64(uint8_t *to, uint64_t value) {
    value = htobe64(value);
    memcpy(to, &value, sizeof value);
}

static uint16_t get16(const uint8_t *from) {
    uint16_t value;
    memcpy(&value, from, sizeof value);
    return be16toh(value);
}

static uint32_t get32(const uint8_t *from) {
    uint32_t value;
    memcpy(&value, from, sizeof value);
    return be32toh(value);
}

static uint64_t get64(const uint8_t *from) {
    uint64_t value;
    memcpy(&value, from, sizeof value);
    return be64toh(value);
}

void header_write(const struct header *header, uint8_t to[HEADER_BYTES]) {
    put32(to, magic);
    to[4] = HEADER_VERSION;
    to[5] = header->kind;
    put16(to + 6, header->message);
    put16(to + 8, header->status);
    to[10] = header->attempt;
    to[11] = 0;
    put32(to + 12, header->remaining_ms);
    put64(to + 16, header->key.edge);
    put64(to + 24, header->key.sequence);
    put64(to + 32, (uint64_t)header->user);
    put32(to + 40, header->roles);
    put32(to + 44, header->body_bytes);
    memcpy(to + 48, header->trace, 16);
    memcpy(to + 64, header->once, ONCE_BYTES);
    put64(to + 80, header->once_body);
}

int header_read(struct header *header, const void *bytes, size_t n) {
    const uint8_t *from = bytes;
    if (n != HEADER_BYTES || get32(from) != magic || from[4] != HEADER_VERSION || !from[5] || from[5] >= KIND_LAST)
        return -1;
    *header = (struct header){
        .kind = from[5],
        .message = get16(from + 6),
        .status = get16(from + 8),
        .attempt = from[10],
        .remaining_ms = get32(from + 12),
        .key = {get64(from + 16), get64(from + 24)},
        .user = (int64_t)get64(from + 32),
        .roles = get32(from + 40),
        .body_bytes = get32(from + 44),
        .once_body = get64(from + 80),
    };
    memcpy(header->trace, from + 48, 16);
    memcpy(header->once, from + 64, ONCE_BYTES);
    return 0;
}

bool header_once(const struct header *header) {
    static const uint8_t none[ONCE_BYTES];
    return memcmp(header->once, none, ONCE_BYTES) != 0;
}

void trace_text(const uint8_t trace[16], char to[33]) {
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        to[2 * i] = digits[trace[i] >> 4];
        to[2 * i + 1] = digits[trace[i] & 15];
    }
    to[32] = 0;
}
