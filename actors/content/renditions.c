#include "actors/content/content.h"
#include "protocol/wire/json.h"

const char *renditions_to_json(const struct list *renditions, struct arena *arena) {
    struct buffer text = {0};
    buffer_text(&text, "[");
    for (size_t i = 0; i < renditions->n; i++) {
        buffer_text(&text, i ? "," : "");
        record_to_json(rendition_record(), &LIST_AT(*renditions, struct rendition, i), &text);
    }
    buffer_text(&text, "]");
    const char *kept = text.failed ? NULL : arena_copy(arena, text.at, text.n);
    buffer_free(&text);
    return kept;
}

struct list renditions_from_json(const char *text, struct arena *arena) {
    struct fault fault;
    struct list list = {0};
    json_t *array = json_loads(text, 0, NULL);
    size_t n = json_array_size(array);
    if (n)
        list.at = arena_alloc(arena, n * sizeof(struct rendition));
    for (size_t i = 0; i < n && list.at; i++) {
        const struct rendition *one =
            record_from_json(rendition_record(), json_array_get(array, i), false, arena, &fault);
        if (one)
            LIST_AT(list, struct rendition, list.n++) = *one;
    }
    json_decref(array);
    return list;
}
