#include <stdlib.h>
#include <string.h>

#include "http_edge/openapi_parts.h"

/* What a shape makes, as JSON Schema. The text was taken by template_new() already, so that it is well formed; what
 * could not be read here would be described as anything. */

struct reader {
    const char *at;
    const struct record *record;
    json_t *schemas;
    const struct reader *around; /* of the record that the list's records stand in */
};

static json_t *read_one(struct reader *reader);

static void blanks(struct reader *reader) {
    reader->at += strspn(reader->at, " \n");
}

static bool skip(struct reader *reader, const char *mark) {
    size_t n = strlen(mark);
    blanks(reader);
    if (strncmp(reader->at, mark, n) != 0)
        return false;
    reader->at += n;
    return true;
}

static size_t name_length(const char *at) {
    size_t n = 0;
    while ((at[n] >= 'a' && at[n] <= 'z') || (n && at[n] >= '0' && at[n] <= '9') || at[n] == '_')
        n++;
    return n;
}

static const struct field *first_field(const struct reader *reader, const char *name) {
    const struct field *field = NULL;
    for (; reader && !field; reader = reader->around)
        field = reader->record ? record_field(reader->record, name) : NULL;
    return field;
}

/* The field at a.b.c; *sure: it is never absent. NULL for the whole record. */
static const struct field *read_path(struct reader *reader, bool *sure) {
    const struct record *record = NULL;
    const struct field *field = NULL;
    *sure = true;
    for (;;) {
        char name[64] = "";
        size_t n = name_length(reader->at);
        memcpy(name, reader->at, n < sizeof name ? n : sizeof name - 1);
        const struct field *next = !n      ? NULL
                                   : field ? record ? record_field(record, name) : NULL
                                           : first_field(reader, name);
        if (!next)
            return field;
        field = next;
        *sure &= field->need == NEED_REQUIRED || field->type >= TYPE_LIST;
        record = field->record ? field->record() : NULL;
        reader->at += n;
        if (reader->at[0] != '.' || !name_length(reader->at + 1))
            return field;
        reader->at++;
    }
}

/* A JSON text from here to `end`. */
static json_t *read_literal(struct reader *reader, const char *end) {
    json_t *value = json_loadb(reader->at, (size_t)(end - reader->at), JSON_DECODE_ANY, NULL);
    reader->at = end;
    return value ? value : json_null();
}

static const char *text_end(const char *at) {
    for (at++; *at && *at != '"'; at++)
        at += *at == '\\' && at[1];
    return *at ? at + 1 : at;
}

static json_t *constant(json_t *value) {
    static const char *const types[] = {[JSON_STRING] = "string", [JSON_INTEGER] = "integer", [JSON_REAL] = "number",
                                        [JSON_TRUE] = "boolean",  [JSON_FALSE] = "boolean",   [JSON_NULL] = "null"};
    if (json_is_null(value)) {
        json_decref(value);
        return json_pack("{s:s}", "type", "null");
    }
    return json_pack("{s:s, s:o}", "type", types[json_typeof(value)], "const", value);
}

/* Whether values are put into the text. */
static bool is_made(const char *from, const char *end) {
    return memchr(from, '$', (size_t)(end - from)) != NULL;
}

static json_t *read_text(struct reader *reader) {
    const char *end = text_end(reader->at);
    if (!is_made(reader->at, end))
        return constant(read_literal(reader, end));
    reader->at = end;
    return json_pack("{s:s}", "type", "string");
}

/* |"text", |literal or |$another.field: what stands there instead of nothing. */
static json_t *read_fallback(struct reader *reader, json_t *schema) {
    reader->at++;
    if (*reader->at == '$') {
        bool sure;
        reader->at++;
        const struct field *other = read_path(reader, &sure);
        json_t *both = other ? json_pack("[o,o]", schema, schema_shown(reader->schemas, other)) : NULL;
        return !both ? schema : sure ? schema_any(both) : schema_or_null(schema_any(both));
    }
    if (*reader->at == '"') {
        reader->at = text_end(reader->at);
        return json_is_string(json_object_get(schema, "type")) && !json_object_get(schema, "enum")
                   ? schema
                   : schema_any(json_pack("[o,{s:s}]", schema, "type", "string"));
    }
    return schema_any(
        json_pack("[o,o]", schema, constant(read_literal(reader, reader->at + strcspn(reader->at, ",}] ")))));
}

/* {one:shape,*:shape} behind a text. */
static json_t *read_cases(struct reader *reader, json_t *schema) {
    json_t *any = json_array();
    bool others = true;
    while (*reader->at == '{' || *reader->at == ',') {
        reader->at++;
        blanks(reader);
        others &= *reader->at != '*';
        reader->at += strcspn(reader->at, ":");
        reader->at += *reader->at == ':';
        json_array_append_new(any, read_one(reader));
        blanks(reader);
    }
    reader->at += *reader->at == '}';
    if (others)
        json_array_insert(any, 0, schema);
    json_decref(schema);
    return schema_any(any);
}

static json_t *read_value(struct reader *reader, json_t *schema) {
    bool sure;
    reader->at++;
    const struct field *field = read_path(reader, &sure);
    if (!field) {
        json_decref(schema);
        return schema_record(reader->schemas, reader->record);
    }
    if (!schema) {
        struct field always = *field;
        always.need = NEED_REQUIRED;
        schema = schema_shown(reader->schemas, &always);
    } else if (field->meaning)
        openapi_put(schema, "description", json_string(field->meaning));
    if (*reader->at == '{')
        schema = read_cases(reader, schema);
    if (*reader->at == '|')
        return read_fallback(reader, schema);
    return sure ? schema : schema_or_null(schema);
}

/* @way$field and the like. */
static json_t *read_way(struct reader *reader) {
    static const struct {
        const char *mark, *schema;
    } ways[] = {
        {"@base", "{\"type\":\"string\",\"format\":\"uri\"}"},
        {"@hex", "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{24}$\"}"},
        {"@naive", "{\"type\":\"string\",\"pattern\":\"^\\\\d{4}-\\\\d\\\\d-\\\\d\\\\dT\\\\d\\\\d:\\\\d\\\\d:"
                   "\\\\d\\\\d(\\\\.\\\\d{3})?$\"}"},
        {"@admin", "{\"type\":\"boolean\"}"},
        {"@watch", "{\"type\":\"string\"}"},
        {"@stream", "{\"type\":\"string\",\"format\":\"uri\"}"},
        {"@join", "{\"type\":\"string\"}"},
        {"@count", "{\"type\":\"integer\"}"},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        size_t n = strlen(ways[i].mark);
        if (strncmp(reader->at, ways[i].mark, n) != 0 || reader->at[n] != '$')
            continue;
        reader->at += n;
        return read_value(reader, json_loads(ways[i].schema, 0, NULL));
    }
    if (skip(reader, "@user"))
        return json_pack("{s:[s,s]}", "type", "integer", "null");
    if (skip(reader, "@query.")) {
        reader->at += name_length(reader->at);
        return json_pack("{s:s}", "type", "string");
    }
    /* A way that is not known here: the tests complain of a schema that says nothing. */
    reader->at += 1 + name_length(reader->at + 1);
    return *reader->at == '$' ? read_value(reader, json_object()) : json_object();
}

static json_t *read_object(struct reader *reader) {
    json_t *properties = json_object(), *required = json_array(), *others = NULL;
    while (!skip(reader, "}") && *reader->at) {
        const char *from = reader->at, *end = text_end(from);
        bool made = is_made(from, end);
        json_t *name = read_literal(reader, end);
        skip(reader, ":");
        json_t *value = read_one(reader);
        /* A name that is put in can be any. */
        if (made || !json_is_string(name)) {
            json_decref(others);
            others = value;
        } else {
            openapi_put(properties, json_string_value(name), value);
            json_array_append(required, name);
        }
        json_decref(name);
        skip(reader, ",");
    }
    json_t *schema = json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties, "required", required);
    if (others)
        openapi_put(schema, "additionalProperties", others);
    return schema;
}

/* [$list...] or {$list...}, both with ?only behind the list. */
static json_t *read_each(struct reader *reader, bool members) {
    bool sure;
    reader->at++;
    const struct field *list = read_path(reader, &sure);
    if (*reader->at == '?')
        reader->at += 1 + name_length(reader->at + 1);
    struct reader inner = {reader->at, list && list->record ? list->record() : NULL, reader->schemas, reader};
    if (members) {
        inner.at = text_end(inner.at);
        skip(&inner, ":");
    }
    json_t *items = read_one(&inner);
    reader->at = inner.at;
    skip(reader, members ? "}" : "]");
    return json_pack("{s:s, s:o}", "type", members ? "object" : "array", members ? "additionalProperties" : "items",
                     items);
}

static json_t *read_array(struct reader *reader) {
    json_t *entries = json_array();
    for (const char *from = NULL; from != reader->at && *reader->at && !skip(reader, "]"); skip(reader, ",")) {
        from = reader->at;
        json_array_append_new(entries, read_one(reader));
    }
    return json_pack("{s:s, s:o}", "type", "array", "items", schema_any(entries));
}

static json_t *read_one(struct reader *reader) {
    blanks(reader);
    if (skip(reader, "{"))
        return *reader->at == '$' ? read_each(reader, true) : read_object(reader);
    if (skip(reader, "["))
        return *reader->at == '$' ? read_each(reader, false) : read_array(reader);
    switch (*reader->at) {
    case '"':
        return read_text(reader);
    case '$':
        return read_value(reader, NULL);
    case '@':
        return read_way(reader);
    default: {
        size_t n = strcspn(reader->at, ",}] ");
        return n ? constant(read_literal(reader, reader->at + n)) : json_object();
    }
    }
}

json_t *schema_shape(json_t *schemas, const struct record *record, const char *text) {
    struct reader reader = {text, record, schemas, NULL};
    return read_one(&reader);
}
