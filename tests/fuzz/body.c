#include <stdlib.h>
#include <string.h>

#include "protocol/wire/codec.h"
#include "tests/fuzz/fuzz.h"

/* The first byte chooses a message, the rest is its ask's or its reply's body. What decodes must encode, and decode to
 * the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    size_t count;
    const struct message *messages = message_all(&count);
    if (!n)
        return 0;
    const struct message *message = &messages[data[0] / 2 % count];
    const struct record *record = data[0] % 2 ? message->reply() : message->ask();
    struct arena *arena = arena_new();
    struct buffer first = {0}, second = {0};
    struct fault fault;
    void *value = body_decode(record, data + 1, n - 1, arena, &fault);
    if (value) {
        if (body_encode(record, value, &first))
            abort();
        void *again = body_decode(record, first.at, first.n, arena, &fault);
        if (!again || body_encode(record, again, &second) || first.n != second.n ||
            memcmp(first.at, second.at, first.n))
            abort();
    }
    buffer_free(&first);
    buffer_free(&second);
    arena_free(arena);
    return 0;
}
