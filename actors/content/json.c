#include "protocol/wire/json.h"

#include <string.h>

#include "actors/content/content.h"

const char *list_to_json(const struct record *record, const struct list *list, struct arena *arena) {
    struct buffer text = {0};
    buffer_text(&text, "[");
    for (size_t i = 0; i < list->n; i++) {
        buffer_text(&text, i ? "," : "");
        record_to_json(record, (const char *)list->at + i * record->about->bytes, &text);
    }
    buffer_text(&text, "]");
    const char *kept = text.failed ? NULL : arena_copy(arena, text.at, text.n);
    buffer_free(&text);
    return kept;
}

struct list list_from_json(const struct record *record, const char *text, struct arena *arena) {
    struct fault fault;
    struct list list = {0};
    json_t *array = json_loads(text, 0, NULL);
    size_t n = json_array_size(array), bytes = record->about->bytes;
    if (n)
        list.at = arena_alloc(arena, n * bytes);
    for (size_t i = 0; i < n && list.at; i++) {
        const void *one = record_from_json(record, json_array_get(array, i), false, arena, &fault);
        if (one)
            memcpy((char *)list.at + list.n++ * bytes, one, bytes);
    }
    json_decref(array);
    return list;
}
