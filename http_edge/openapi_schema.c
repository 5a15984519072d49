#include <math.h>
#include <stdio.h>
#include <string.h>

#include "http_edge/openapi_parts.h"

/* The contract's records as JSON Schema. */

enum { BOUND_MAX = 1000000000000000 /* larger bounds are those of the type */ };

void openapi_put(json_t *object, const char *name, json_t *value) {
    json_object_set_new(object, name, value);
}

static json_t *typed(const char *type, const char *format) {
    json_t *schema = json_pack("{s:s}", "type", type);
    if (format)
        openapi_put(schema, "format", json_string(format));
    return schema;
}

static json_t *choices(const struct field *field) {
    json_t *schema = typed("string", NULL), *list = json_array();
    for (const char *at = field->choices; *at; at += strcspn(at, "|"), at += *at == '|')
        json_array_append_new(list, json_stringn(at, strcspn(at, "|")));
    openapi_put(schema, "enum", list);
    return schema;
}

static json_t *list_of(json_t *items) {
    return json_pack("{s:s, s:o}", "type", "array", "items", items);
}

static json_t *text_of(size_t max) {
    json_t *schema = typed("string", NULL);
    if (max)
        openapi_put(schema, "maxLength", json_integer((json_int_t)max));
    return schema;
}

/* The type alone; nested records are the caller's. */
static json_t *plain(const struct field *field) {
    switch (field->type) {
    case TYPE_BOOL:
        return typed("boolean", NULL);
    case TYPE_INT:
        return typed("integer", "int64");
    case TYPE_REAL:
        return typed("number", "double");
    case TYPE_TIME:
        return typed("string", "date-time");
    case TYPE_CHOICE:
        return choices(field);
    case TYPE_TEXTS:
        return list_of(text_of(field->entry_bytes));
    case TYPE_NUMBERS:
        return list_of(typed("integer", "int64"));
    default:
        return typed("string", NULL);
    }
}

static json_t *explained(json_t *schema, const struct field *field) {
    if (field->meaning)
        openapi_put(schema, "description", json_string(field->meaning));
    return schema;
}

json_t *schema_or_null(json_t *schema) {
    json_t *type = json_object_get(schema, "type"), *values = json_object_get(schema, "enum");
    if (json_is_array(type))
        return schema;
    if (!json_is_string(type) || json_object_get(schema, "const")) {
        json_t *both = json_pack("{s:[o,{s:s}]}", "anyOf", schema, "type", "null");
        return both;
    }
    openapi_put(schema, "type", json_pack("[s,s]", json_string_value(type), "null"));
    if (values)
        json_array_append_new(values, json_null());
    return schema;
}

json_t *schema_shown(json_t *schemas, const struct field *field) {
    json_t *schema = field->type == TYPE_NEST   ? schema_record(schemas, field->record())
                     : field->type == TYPE_LIST ? list_of(schema_record(schemas, field->record()))
                                                : plain(field);
    return explained(field->need == NEED_NULLABLE ? schema_or_null(schema) : schema, field);
}

json_t *schema_record(json_t *schemas, const struct record *record) {
    char place[96];
    snprintf(place, sizeof place, "#/components/schemas/%.64s", record->about->name);
    if (json_object_get(schemas, record->about->name))
        return json_pack("{s:s}", "$ref", place);
    json_t *schema = json_pack("{s:s, s:s}", "type", "object", "description", record->about->meaning);
    json_t *properties = json_object(), *required = json_array();
    /* It is there before its fields are looked at: a record may hold itself. */
    openapi_put(schemas, record->about->name, schema);
    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = &record->fields[i];
        bool always = field->need != NEED_OPTIONAL || field->type >= TYPE_LIST;
        if (field->type == TYPE_BYTES)
            continue;
        openapi_put(properties, field->name, schema_shown(schemas, field));
        if (always)
            json_array_append_new(required, json_string(field->name));
    }
    openapi_put(schema, "properties", properties);
    openapi_put(schema, "required", required);
    return json_pack("{s:s}", "$ref", place);
}

static void bound(json_t *schema, const char *name, double value, bool whole) {
    if (fabs(value) < BOUND_MAX)
        openapi_put(schema, name, whole ? json_integer((json_int_t)value) : json_real(value));
}

static json_t *asked_record(const struct record *record) {
    json_t *properties = json_object(), *required = json_array();
    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = &record->fields[i];
        openapi_put(properties, field->name, schema_asked(field));
        if (field->need == NEED_REQUIRED)
            json_array_append_new(required, json_string(field->name));
    }
    return json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties, "required", required,
                     "additionalProperties", 0);
}

/* Bounds of texts count bytes, those of a schema count characters: of one to four bytes each. */
static void bound_text(json_t *schema, const struct field *field) {
    bool fixed = field->min == field->max;
    openapi_put(schema, "maxLength", json_integer((json_int_t)field->max));
    if (field->min > 0)
        openapi_put(schema, "minLength", json_integer((json_int_t)(fixed ? field->min : ceil(field->min / 4))));
}

json_t *schema_asked(const struct field *field) {
    json_t *schema = field->type == TYPE_NEST   ? asked_record(field->record())
                     : field->type == TYPE_LIST ? list_of(asked_record(field->record()))
                                                : plain(field);
    if (field->type == TYPE_INT || field->type == TYPE_REAL) {
        bound(schema, "minimum", field->min, field->type == TYPE_INT);
        bound(schema, "maximum", field->max, field->type == TYPE_INT);
    } else if (field->type == TYPE_TEXT)
        bound_text(schema, field);
    else if (field->type >= TYPE_LIST)
        openapi_put(schema, "maxItems", json_integer((json_int_t)field->max));
    return explained(schema, field);
}

json_t *schema_any(json_t *list) {
    json_t *distinct = json_array(), *one, *other;
    size_t i, k;
    json_array_foreach(list, i, one) {
        bool known = false;
        json_array_foreach(distinct, k, other) {
            known |= json_equal(one, other) != 0;
        }
        if (!known)
            json_array_append(distinct, one);
    }
    json_decref(list);
    if (json_array_size(distinct) != 1)
        return json_pack("{s:o}", "anyOf", distinct);
    one = json_incref(json_array_get(distinct, 0));
    json_decref(distinct);
    return one;
}
