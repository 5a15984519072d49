#include <stdio.h>
#include <string.h>

#include "http_edge/openapi_parts.h"

/* What a route reads: parameters and body. */

static json_t *parameter(const char *in, const char *name, bool required, json_t *schema, const char *about) {
    json_t *made = json_pack("{s:s, s:s, s:b, s:o}", "name", name, "in", in, "required", required, "schema", schema);
    if (about)
        openapi_put(made, "description", json_string(about));
    return made;
}

static json_t *text_schema(void) {
    return json_pack("{s:s}", "type", "string");
}

/* How many entries fill a field from what the client sends. */
static unsigned sources(const struct take *take, const struct field *field) {
    struct take_part part;
    unsigned n = 0;
    for (size_t i = 0; take_part(take, i, &part); i++)
        n += part.field == field;
    return n;
}

static bool is_required(const struct take *take, const struct take_part *part) {
    return part->wanted || (part->field->need == NEED_REQUIRED && sources(take, part->field) == 1);
}

/* Of a part of a path or a query: its field's, without the text about it. */
static json_t *part_schema(const struct take_part *part) {
    bool number = part->field->type == TYPE_INT && part->rewritten;
    json_t *schema = number ? text_schema() : schema_asked(part->field);
    json_object_del(schema, "description");
    if (part->most)
        json_object_del(schema, "maximum");
    return schema;
}

static void add_path(const struct route *route, json_t *parameters) {
    for (const char *at = strchr(route->path, '{'); at; at = strchr(at + 1, '{')) {
        char name[64] = "";
        size_t n = strcspn(at + 1, ":}");
        bool digits = at[1 + n] == ':';
        struct take_part part;
        const char *about = NULL;
        memcpy(name, at + 1, n < sizeof name ? n : sizeof name - 1);
        for (size_t i = 0; route->take && take_part(route->take, i, &part); i++)
            if (part.from == TAKE_PATH && !strcmp(part.name, name))
                about = part.field->meaning;
        json_t *schema =
            digits ? json_pack("{s:s, s:s, s:i}", "type", "integer", "format", "int64", "minimum", 0) : text_schema();
        json_array_append_new(parameters, parameter("path", name, true, schema, about));
    }
}

static void add_taken(const struct route *route, json_t *parameters) {
    struct take_part part;
    for (size_t i = 0; route->take && take_part(route->take, i, &part); i++)
        if (part.from == TAKE_QUERY || part.from == TAKE_COOKIE)
            json_array_append_new(parameters,
                                  parameter(part.from == TAKE_QUERY ? "query" : "cookie", part.name,
                                            is_required(route->take, &part), part_schema(&part), part.field->meaning));
}

static void add_headers(const struct route *route, json_t *parameters) {
    const struct route_row *row = route->row;
    if (row->once)
        json_array_append_new(
            parameters, parameter("header", "Idempotency-Key", false, text_schema(),
                                  "The same request with the same key is done once, and answered the same again."));
    if (row->match)
        json_array_append_new(parameters, parameter("header", "If-Match", false, text_schema(),
                                                    "The ETag of what was read, or *: refused when it has changed."));
    const char *asks = row->says && row->says->asks ? row->says->asks : "";
    for (const char *at = asks; *at; at += strspn(at, " ")) {
        char name[64] = "";
        size_t n = strcspn(at, " ");
        bool query = *at == '?', needed = at[n - 1] == '!';
        snprintf(name, sizeof name, "%.*s", (int)(n - query - needed), at + query);
        json_array_append_new(parameters, parameter(query ? "query" : "header", name, needed, text_schema(), NULL));
        at += n;
    }
}

/* A picture that the client sends is longer than the name that is made of it. */
static json_t *member_schema(const struct route *route, const struct field *field, const char *name) {
    json_t *schema = schema_asked(field);
    if (route->row->pictures && strstr(route->row->pictures, name))
        json_object_del(schema, "maxLength");
    return schema;
}

static void add_member(json_t *properties, json_t *required, const struct route *route, const struct take_part *part) {
    const struct take *take = route->take;
    json_t *schema = member_schema(route, part->field, part->name);
    if (part->most)
        json_object_del(schema, "maximum");
    if (part->rewritten && part->field->type == TYPE_INT)
        openapi_put(schema, "type", json_pack("[s,s]", "integer", "string"));
    openapi_put(properties, part->name, schema);
    if (is_required(take, part))
        json_array_append_new(required, json_string(part->name));
}

static json_t *body_schema(const struct route *route) {
    const struct take *take = route->take;
    const struct record *record = route->row->form ? route->row->form() : route->message->ask();
    json_t *properties = json_object(), *required = json_array();
    struct take_part part;
    for (size_t i = 0; take_part(take, i, &part); i++)
        if (part.from == TAKE_BODY)
            add_member(properties, required, route, &part);
    for (size_t i = 0; take_has_rest(take) && i < record->count; i++) {
        const struct field *field = &record->fields[i];
        struct take_part rest = {.field = field, .from = TAKE_BODY, .name = field->name};
        if (sources(take, field) || field->type == TYPE_BYTES)
            continue;
        openapi_put(properties, rest.name, member_schema(route, field, rest.name));
        if (field->need == NEED_REQUIRED)
            json_array_append_new(required, json_string(field->name));
    }
    json_t *schema = json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties, "required", required);
    if (!take_needs_no_more(take))
        openapi_put(schema, "additionalProperties", json_false());
    return schema;
}

static void add_body(const struct route *route, json_t *operation) {
    const struct says *says = route->row->says;
    if (says && says->reads) {
        openapi_put(operation, "requestBody", json_pack("{s:b, s:{s:{}}}", "required", 1, "content", says->reads));
        return;
    }
    if (!route->take || !take_needs_body(route->take))
        return;
    json_t *schema = body_schema(route);
    if (take_needs_no_more(route->take) && !json_object_size(json_object_get(schema, "properties"))) {
        json_decref(schema);
        return;
    }
    bool needed = json_array_size(json_object_get(schema, "required")) || !take_needs_no_more(route->take);
    json_t *content = json_pack("{s:{s:O}}", "application/json", "schema", schema);
    if (route->dialect->row->forms)
        openapi_put(content, "application/x-www-form-urlencoded", json_pack("{s:O}", "schema", schema));
    json_decref(schema);
    openapi_put(operation, "requestBody", json_pack("{s:b, s:o}", "required", needed, "content", content));
}

void openapi_asks(const struct route *route, json_t *operation) {
    json_t *parameters = json_array();
    add_path(route, parameters);
    add_taken(route, parameters);
    add_headers(route, parameters);
    if (json_array_size(parameters))
        openapi_put(operation, "parameters", parameters);
    else
        json_decref(parameters);
    add_body(route, operation);
}
