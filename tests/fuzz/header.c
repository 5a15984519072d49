#include <stdlib.h>
#include <string.h>

#include "protocol/wire/header.h"
#include "tests/fuzz/fuzz.h"

/* What is read as a header is written as the same bytes, but for the reserved one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct header header, again;
    uint8_t bytes[HEADER_BYTES];
    if (header_read(&header, data, n))
        return 0;
    header_write(&header, bytes);
    if (header_read(&again, bytes, sizeof bytes) || memcmp(bytes, data, 11) ||
        memcmp(bytes + 12, data + 12, HEADER_BYTES - 12))
        abort();
    return 0;
}
