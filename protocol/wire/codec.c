#include "protocol/wire/codec.h"

#include <msgpack.h>
#include <string.h>

enum { DEPTH_MAX = 8 };

static int append(void *data, const char *bytes, size_t n) {
    struct buffer *to = data;
    buffer_add(to, bytes, n);
    return to->failed ? -1 : 0;
}

static bool present(const struct field *field, const char *value) {
    const void *at = value + field->offset;
    switch (field->type) {
    case TYPE_BOOL:
    case TYPE_INT:
    case TYPE_REAL:
    case TYPE_TIME:
        return field->need == NEED_REQUIRED || *(const bool *)(value + field->has);
    case TYPE_TEXT:
    case TYPE_CHOICE:
    case TYPE_NEST:
        return *(void *const *)at != NULL;
    case TYPE_BYTES:
        return ((const struct bytes *)at)->at != NULL;
    case TYPE_LIST:
    case TYPE_TEXTS:
    case TYPE_NUMBERS:
        /* An empty list that is there: of a change, that there shall be none. */
        return ((const struct list *)at)->at != NULL;
    }
    return false;
}

static void pack_text(msgpack_packer *packer, const char *text) {
    size_t n = strlen(text);
    msgpack_pack_str(packer, n);
    msgpack_pack_str_body(packer, text, n);
}

static int pack_record(msgpack_packer *packer, const struct record *record, const char *value);

static int pack_list(msgpack_packer *packer, const struct field *field, const struct list *list) {
    msgpack_pack_array(packer, list->n);
    for (size_t i = 0; i < list->n; i++) {
        if (field->type == TYPE_TEXTS)
            pack_text(packer, LIST_AT(*list, const char *, i));
        else if (field->type == TYPE_NUMBERS)
            msgpack_pack_int64(packer, LIST_AT(*list, int64_t, i));
        else if (pack_record(packer, field->record(), (const char *)list->at + i * field->record()->about->bytes))
            return -1;
    }
    return 0;
}

static int pack_value(msgpack_packer *packer, const struct field *field, const char *value) {
    const void *at = value + field->offset;
    switch (field->type) {
    case TYPE_BOOL:
        *(const bool *)at ? msgpack_pack_true(packer) : msgpack_pack_false(packer);
        return 0;
    case TYPE_INT:
    case TYPE_TIME:
        msgpack_pack_int64(packer, *(const int64_t *)at);
        return 0;
    case TYPE_REAL:
        msgpack_pack_double(packer, *(const double *)at);
        return 0;
    case TYPE_TEXT:
    case TYPE_CHOICE:
        pack_text(packer, *(const char *const *)at);
        return 0;
    case TYPE_BYTES: {
        const struct bytes *bytes = at;
        msgpack_pack_bin(packer, bytes->n);
        msgpack_pack_bin_body(packer, bytes->at, bytes->n);
        return 0;
    }
    case TYPE_NEST:
        return pack_record(packer, field->record(), *(const char *const *)at);
    case TYPE_LIST:
    case TYPE_TEXTS:
    case TYPE_NUMBERS:
        return pack_list(packer, field, at);
    }
    return -1;
}

static int pack_record(msgpack_packer *packer, const struct record *record, const char *value) {
    size_t count = 0;
    for (size_t i = 0; i < record->count; i++)
        count += present(&record->fields[i], value);
    msgpack_pack_map(packer, count);
    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = &record->fields[i];
        if (!present(field, value)) {
            if (field->need == NEED_REQUIRED)
                return -1;
            continue;
        }
        msgpack_pack_int(packer, field->key);
        if (pack_value(packer, field, value))
            return -1;
    }
    return 0;
}

int body_encode(const struct record *record, const void *value, struct buffer *to) {
    msgpack_packer packer;
    msgpack_packer_init(&packer, to, append);
    return pack_record(&packer, record, value) || to->failed ? -1 : 0;
}

/* msgpack-c allocates what an array's header promises before it has seen an entry; so walk the bytes first. Returns
 * where the value ends, NULL when it runs past the end or nests too deep. */
static const uint8_t *walk(const uint8_t *at, const uint8_t *end, int depth) {
    if (at >= end || depth > DEPTH_MAX)
        return NULL;
    uint8_t tag = *at++;
    uint64_t skip = 0, entries = 0;
    int width = 0;
    bool counts_bytes = false;
    if (tag <= 0x7f || tag >= 0xe0 || tag == 0xc0 || tag == 0xc2 || tag == 0xc3)
        return at;
    if (tag <= 0x8f)
        entries = (uint64_t)(tag & 15) * 2;
    else if (tag <= 0x9f)
        entries = tag & 15;
    else if (tag <= 0xbf)
        skip = tag & 31;
    else if (tag >= 0xc4 && tag <= 0xc6)
        width = 1 << (tag - 0xc4), counts_bytes = true;
    else if (tag >= 0xc7 && tag <= 0xc9)
        width = 1 << (tag - 0xc7), counts_bytes = true, skip = 1;
    else if (tag == 0xca || tag == 0xcb)
        skip = tag == 0xca ? 4 : 8;
    else if (tag >= 0xcc && tag <= 0xcf)
        skip = 1u << (tag - 0xcc);
    else if (tag >= 0xd0 && tag <= 0xd3)
        skip = 1u << (tag - 0xd0);
    else if (tag >= 0xd4 && tag <= 0xd8)
        skip = 1 + (1u << (tag - 0xd4));
    else if (tag >= 0xd9 && tag <= 0xdb)
        width = 1 << (tag - 0xd9), counts_bytes = true;
    else if (tag >= 0xdc && tag <= 0xdf)
        width = tag & 1 ? 4 : 2;
    else
        return NULL;
    if (width) {
        if (end - at < width)
            return NULL;
        uint64_t count = 0;
        for (int i = 0; i < width; i++)
            count = count << 8 | *at++;
        if (counts_bytes)
            skip += count;
        else
            entries = tag >= 0xde ? count * 2 : count;
    }
    if (skip > (uint64_t)(end - at))
        return NULL;
    at += skip;
    for (uint64_t i = 0; i < entries && at; i++)
        at = walk(at, end, depth + 1);
    return at;
}

struct reader {
    struct arena *arena;
    struct fault *fault;
};

static int unpack_record(struct reader *reader, const struct record *record, const msgpack_object *from, char *value);

static int mistyped(struct reader *reader, const char *wanted) {
    fault_set(reader->fault, "must be %s", wanted);
    return -1;
}

static int out_of_memory(struct reader *reader) {
    fault_set(reader->fault, "does not fit into memory");
    return -1;
}

static int unpack_number(struct reader *reader, const struct field *field, const msgpack_object *from, char *value) {
    void *at = value + field->offset;
    bool integer = from->type == MSGPACK_OBJECT_POSITIVE_INTEGER || from->type == MSGPACK_OBJECT_NEGATIVE_INTEGER;
    if (field->type == TYPE_REAL) {
        bool real = from->type == MSGPACK_OBJECT_FLOAT64 || from->type == MSGPACK_OBJECT_FLOAT32;
        if (!real && !integer)
            return mistyped(reader, "a number");
        double number = real                                            ? from->via.f64
                        : from->type == MSGPACK_OBJECT_NEGATIVE_INTEGER ? (double)from->via.i64
                                                                        : (double)from->via.u64;
        *(double *)at = number;
        return check_number(field, number, reader->fault);
    }
    if (!integer)
        return mistyped(reader, "an integer");
    if (from->type == MSGPACK_OBJECT_POSITIVE_INTEGER && from->via.u64 > INT64_MAX)
        return mistyped(reader, "an integer of 63 bits");
    *(int64_t *)at = from->via.i64;
    return check_number(field, (double)from->via.i64, reader->fault);
}

static int unpack_text(struct reader *reader, const struct field *field, const msgpack_object *from, const char **to) {
    if (from->type != MSGPACK_OBJECT_STR)
        return mistyped(reader, "a text");
    if (check_text(field, from->via.str.ptr, from->via.str.size, reader->fault))
        return -1;
    *to = arena_copy(reader->arena, from->via.str.ptr, from->via.str.size);
    return *to ? 0 : out_of_memory(reader);
}

static int unpack_entry(struct reader *reader, const struct field *field, const msgpack_object *from, void *to) {
    if (field->type == TYPE_TEXTS)
        return unpack_text(reader, field, from, to);
    if (field->type == TYPE_LIST)
        return unpack_record(reader, field->record(), from, to);
    bool negative = from->type == MSGPACK_OBJECT_NEGATIVE_INTEGER;
    if (!negative && (from->type != MSGPACK_OBJECT_POSITIVE_INTEGER || from->via.u64 > INT64_MAX))
        return mistyped(reader, "an integer");
    *(int64_t *)to = from->via.i64;
    return 0;
}

static int unpack_list(struct reader *reader, const struct field *field, const msgpack_object *from,
                       struct list *list) {
    if (from->type != MSGPACK_OBJECT_ARRAY)
        return mistyped(reader, "a list");
    size_t n = from->via.array.size;
    if (check_count(field, n, reader->fault))
        return -1;
    size_t bytes = field->type == TYPE_LIST ? field->record()->about->bytes : sizeof(int64_t);
    list->at = arena_alloc(reader->arena, n * bytes);
    if (!list->at)
        return out_of_memory(reader);
    for (size_t i = 0; i < n; i++)
        if (unpack_entry(reader, field, &from->via.array.ptr[i], (char *)list->at + i * bytes)) {
            fault_in(reader->fault, NULL, i);
            return -1;
        }
    list->n = n;
    return 0;
}

static int unpack_value(struct reader *reader, const struct field *field, const msgpack_object *from, char *value) {
    void *at = value + field->offset;
    switch (field->type) {
    case TYPE_BOOL:
        if (from->type != MSGPACK_OBJECT_BOOLEAN)
            return mistyped(reader, "true or false");
        *(bool *)at = from->via.boolean;
        break;
    case TYPE_INT:
    case TYPE_TIME:
    case TYPE_REAL:
        if (unpack_number(reader, field, from, value))
            return -1;
        break;
    case TYPE_TEXT:
    case TYPE_CHOICE:
        return unpack_text(reader, field, from, at);
    case TYPE_BYTES: {
        struct bytes *bytes = at;
        if (from->type != MSGPACK_OBJECT_BIN)
            return mistyped(reader, "bytes");
        if (from->via.bin.size > field->max || from->via.bin.size < field->min)
            return mistyped(reader, "within its length");
        bytes->at = (uint8_t *)arena_copy(reader->arena, from->via.bin.ptr, from->via.bin.size);
        bytes->n = from->via.bin.size;
        return bytes->at ? 0 : out_of_memory(reader);
    }
    case TYPE_NEST: {
        char *nested = arena_alloc(reader->arena, field->record()->about->bytes);
        if (!nested)
            return out_of_memory(reader);
        *(void **)at = nested;
        return unpack_record(reader, field->record(), from, nested);
    }
    case TYPE_LIST:
    case TYPE_TEXTS:
    case TYPE_NUMBERS:
        return unpack_list(reader, field, from, at);
    }
    *(bool *)(value + field->has) = true;
    return 0;
}

static const msgpack_object *find(struct reader *reader, const msgpack_object *map, int key, bool *twice) {
    const msgpack_object *found = NULL;
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        const msgpack_object *name = &map->via.map.ptr[i].key;
        if (name->type != MSGPACK_OBJECT_POSITIVE_INTEGER || name->via.u64 != (uint64_t)key)
            continue;
        if (found) {
            fault_set(reader->fault, "stands twice");
            *twice = true;
        }
        found = &map->via.map.ptr[i].val;
    }
    return found;
}

static int unpack_record(struct reader *reader, const struct record *record, const msgpack_object *from, char *value) {
    if (from->type != MSGPACK_OBJECT_MAP)
        return mistyped(reader, "a record");
    if (from->via.map.size > 256)
        return mistyped(reader, "a record of at most 256 fields");
    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = &record->fields[i];
        bool twice = false;
        const msgpack_object *entry = find(reader, from, field->key, &twice);
        int bad = twice;
        if (!bad && entry && entry->type != MSGPACK_OBJECT_NIL)
            bad = unpack_value(reader, field, entry, value);
        else if (!bad && field->need == NEED_REQUIRED) {
            fault_set(reader->fault, "is required");
            bad = 1;
        }
        if (bad) {
            fault_in(reader->fault, field->name, 0);
            return -1;
        }
    }
    return 0;
}

void *body_decode(const struct record *record, const void *from, size_t n, struct arena *arena, struct fault *fault) {
    struct reader reader = {arena, fault};
    if (walk(from, (const uint8_t *)from + n, 0) != (const uint8_t *)from + n) {
        fault_set(fault, "is not one whole msgpack value");
        return NULL;
    }
    msgpack_unpacked unpacked;
    msgpack_unpacked_init(&unpacked);
    size_t offset = 0;
    void *value = NULL;
    if (msgpack_unpack_next(&unpacked, from, n, &offset) != MSGPACK_UNPACK_SUCCESS || offset != n)
        fault_set(fault, "is not msgpack");
    else if (!(value = arena_alloc(arena, record->about->bytes)))
        out_of_memory(&reader);
    else if (unpack_record(&reader, record, &unpacked.data, value))
        value = NULL;
    msgpack_unpacked_destroy(&unpacked);
    return value;
}
