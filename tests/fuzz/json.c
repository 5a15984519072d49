#include <stdlib.h>
#include <string.h>

#include "protocol/wire/codec.h"
#include "protocol/wire/json.h"
#include "tests/fuzz/fuzz.h"

/* The first byte chooses a message; what is accepted as its ask must encode and print as JSON that parses. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    size_t count;
    const struct message *messages = message_all(&count);
    if (!n)
        return 0;
    const struct record *record = messages[data[0] % count].ask();
    struct arena *arena = arena_new();
    struct buffer body = {0}, text = {0};
    struct fault fault;
    json_t *json = json_parse((const char *)data + 1, n - 1, &fault), *again = NULL;
    void *value = json ? record_from_json(record, json, true, arena, &fault) : NULL;
    if (value) {
        record_to_json(record, value, &text);
        again = json_parse(text.at, text.n, &fault);
        if (body_encode(record, value, &body) || !again || !record_from_json(record, again, true, arena, &fault))
            abort();
    }
    json_decref(json);
    json_decref(again);
    buffer_free(&body);
    buffer_free(&text);
    arena_free(arena);
    return 0;
}
