#include <stdio.h>
#include <string.h>

#include "http_edge/docs.h"

enum { EXAMPLE_DEPTH = 6 };

void docs_text(struct buffer *to, const char *text) {
    bool code = false;
    for (; text && *text; text++)
        switch (*text) {
        case '<':
            buffer_text(to, "&lt;");
            break;
        case '>':
            buffer_text(to, "&gt;");
            break;
        case '&':
            buffer_text(to, "&amp;");
            break;
        case '"':
            buffer_text(to, "&quot;");
            break;
        case '`':
            code = !code;
            buffer_text(to, code ? "<code>" : "</code>");
            break;
        default:
            buffer_add(to, text, 1);
        }
    if (code)
        buffer_text(to, "</code>");
}

static const char *member(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

/* The last part of "#/components/schemas/account". */
static const char *ref_name(const json_t *schema) {
    const char *ref = member(schema, "$ref"), *slash = ref ? strrchr(ref, '/') : NULL;
    return slash ? slash + 1 : NULL;
}

static void put_bounds(struct buffer *to, const json_t *schema) {
    static const struct {
        const char *name, *text;
    } bounds[] = {{"minLength", "at least"},
                  {"maxLength", "at most"},
                  {"minimum", "from"},
                  {"maximum", "up to"},
                  {"maxItems", "at most"}};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        const json_t *value = json_object_get(schema, bounds[i].name);
        if (value)
            buffer_print(to, ", %s %.15g", bounds[i].text, json_number_value(value));
    }
}

static void put_choices(struct buffer *to, const json_t *values) {
    size_t i;
    json_t *value;
    json_array_foreach((json_t *)values, i, value) {
        buffer_text(to, i ? ", " : "");
        buffer_text(to, "<code>");
        docs_text(to, json_is_null(value) ? "null" : json_string_value(value));
        buffer_text(to, "</code>");
    }
}

static void put_any(struct buffer *to, const json_t *schemas) {
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)schemas, i, one) {
        buffer_text(to, i ? " or " : "");
        docs_type(to, one);
    }
}

void docs_type(struct buffer *to, const json_t *schema) {
    const char *name = ref_name(schema), *type = member(schema, "type"), *format = member(schema, "format");
    const json_t *types = json_object_get(schema, "type"), *fixed = json_object_get(schema, "const");
    if (name) {
        buffer_print(to, "<a href=\"#record.%s\">%s</a>", name, name);
    } else if (json_object_get(schema, "anyOf")) {
        put_any(to, json_object_get(schema, "anyOf"));
    } else if (json_object_get(schema, "enum")) {
        put_choices(to, json_object_get(schema, "enum"));
    } else if (fixed) {
        char *text = json_dumps(fixed, JSON_ENCODE_ANY);
        buffer_text(to, "<code>");
        docs_text(to, text);
        buffer_text(to, "</code>");
        free(text);
    } else if (type && !strcmp(type, "array")) {
        buffer_text(to, "list of ");
        docs_type(to, json_object_get(schema, "items"));
        put_bounds(to, schema);
    } else {
        bool maybe = json_is_array(types);
        if (maybe)
            type = json_string_value(json_array_get(types, 0));
        buffer_text(to, format && strcmp(format, "int64") != 0 && strcmp(format, "double") != 0 ? format
                        : type                                                                  ? type
                                                                                                : "anything");
        put_bounds(to, schema);
        if (maybe)
            buffer_print(to, " or %s", json_string_value(json_array_get(types, 1)));
    }
}

static bool is_required(const json_t *schema, const char *name) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(schema, "required"), i, one) {
        if (!strcmp(json_string_value(one), name))
            return true;
    }
    return false;
}

void docs_members(struct buffer *to, const json_t *schema) {
    const char *name;
    json_t *one;
    buffer_text(to, "<dl>");
    json_object_foreach(json_object_get(schema, "properties"), name, one) {
        buffer_text(to, "<dt><code>");
        docs_text(to, name);
        buffer_print(to, "</code>%s <span>", is_required(schema, name) ? "" : " <i>optional</i>");
        docs_type(to, one);
        buffer_text(to, "</span></dt><dd>");
        docs_text(to, member(one, "description"));
        const json_t *inner = json_object_get(one, "items");
        inner = inner ? inner : one;
        if (json_object_get(inner, "properties"))
            docs_members(to, inner);
        buffer_text(to, "</dd>");
    }
    buffer_text(to, "</dl>");
}

/* --- examples --- */

static json_t *example_text(const char *name, const json_t *schema) {
    static const struct {
        const char *name, *text;
    } known[] = {{"email", "ada@example.org"},
                 {"username", "ada"},
                 {"password", "correct horse battery"},
                 {"name", "Ada"},
                 {"title", "A film"},
                 {"currency", "EUR"},
                 {"token", "eyJhbGci..."},
                 {"access_token", "eyJhbGci..."},
                 {"language", "en"},
                 {"country", "DE"},
                 {"token_type", "Bearer"},
                 {"detail", "A sentence."},
                 {"description", "About it."},
                 {"cursor", "MTIz"},
                 {"category", "Drama"}};
    const char *format = member(schema, "format");
    if (format && !strcmp(format, "date-time"))
        return json_string("2026-11-20T08:54:15Z");
    if (format && !strcmp(format, "uri"))
        return json_string("https://example.org/...");
    for (size_t i = 0; name && i < sizeof known / sizeof *known; i++)
        if (!strcmp(known[i].name, name))
            return json_string(known[i].text);
    return json_string("...");
}

static json_t *example_of(const json_t *document, const char *name, const json_t *schema, int depth);

static json_t *example_object(const json_t *document, const json_t *schema, int depth) {
    json_t *made = json_object(), *one;
    const char *name;
    json_object_foreach(json_object_get(schema, "properties"), name, one) {
        json_object_set_new(made, name, example_of(document, name, one, depth + 1));
    }
    one = json_object_get(schema, "additionalProperties");
    if (json_is_object(one))
        json_object_set_new(made, "FIELD", example_of(document, NULL, one, depth + 1));
    return made;
}

static json_t *example_of(const json_t *document, const char *name, const json_t *schema, int depth) {
    const char *ref = ref_name(schema), *type = member(schema, "type");
    json_t *fixed = json_object_get(schema, "const"), *types = json_object_get(schema, "type");
    json_t *values = json_object_get(schema, "enum"), *any = json_object_get(schema, "anyOf");
    if (json_is_array(types))
        type = json_string_value(json_array_get(types, 0));
    if (fixed)
        return json_incref(fixed);
    if (values)
        return json_incref(json_array_get(values, 0));
    if (any)
        return example_of(document, name, json_array_get(any, 0), depth);
    if (ref)
        schema = json_object_get(json_object_get(json_object_get(document, "components"), "schemas"), ref);
    if (ref || !type || !strcmp(type, "object"))
        return depth < EXAMPLE_DEPTH ? example_object(document, schema, depth) : json_object();
    if (!strcmp(type, "array"))
        return depth < EXAMPLE_DEPTH
                   ? json_pack("[o]", example_of(document, NULL, json_object_get(schema, "items"), depth + 1))
                   : json_array();
    if (!strcmp(type, "boolean"))
        return json_true();
    if (!strcmp(type, "integer"))
        return json_integer(1);
    if (!strcmp(type, "number"))
        return json_real(0.5);
    return !strcmp(type, "null") ? json_null() : example_text(name, schema);
}

json_t *docs_example(const json_t *document, const char *name, const json_t *schema) {
    return example_of(document, name, schema, 0);
}

/* Only what must be there, so that the line stays short; all when nothing must. */
static json_t *least(const json_t *document, const json_t *schema) {
    json_t *all = example_of(document, NULL, schema, 0), *required = json_object_get(schema, "required");
    json_t *made = json_object(), *one;
    size_t i;
    json_array_foreach(required, i, one) {
        json_object_set(made, json_string_value(one), json_object_get(all, json_string_value(one)));
    }
    if (json_object_size(made)) {
        json_decref(all);
        return made;
    }
    json_decref(made);
    return all;
}

static void put_path(struct buffer *to, const char *path, const json_t *operation) {
    json_t *one;
    size_t i;
    bool first = true;
    for (const char *at = path; *at; at++) {
        if (*at != '{') {
            buffer_add(to, at, 1);
            continue;
        }
        bool number = !strncmp(at, "{id}", 4) || strstr(at, "_id}") || !strncmp(at, "{season}", 8);
        size_t n = strcspn(at, "}");
        if (number)
            buffer_text(to, "1");
        else
            buffer_add(to, at + 1, n - 1);
        at += n;
    }
    json_array_foreach(json_object_get(operation, "parameters"), i, one) {
        if (strcmp(member(one, "in"), "query") != 0 || !json_is_true(json_object_get(one, "required")))
            continue;
        buffer_print(to, "%c%s=...", first ? '?' : '&', member(one, "name"));
        first = false;
    }
}

static void put_body(struct buffer *to, const json_t *document, const json_t *body) {
    const char *type;
    json_t *media;
    json_object_foreach(json_object_get(body, "content"), type, media) {
        json_t *schema = json_object_get(media, "schema");
        buffer_print(to, " \\\n  -H 'Content-Type: %s'", type);
        if (schema) {
            json_t *value = least(document, schema);
            char *text = json_dumps(value, 0);
            buffer_print(to, " \\\n  -d '%s'", text ? text : "{}");
            free(text);
            json_decref(value);
        } else
            buffer_text(to, " \\\n  --data-binary @FILE");
        return;
    }
}

void docs_curl(struct buffer *to, const json_t *document, const char *base, const char *method, const char *path,
               const json_t *operation) {
    struct buffer line = {0};
    json_t *security = json_array_get(json_object_get(operation, "security"), 0), *one;
    size_t i;
    bool get = !strcmp(method, "get"), head = !strcmp(method, "head");
    buffer_text(&line, head ? "curl -I" : get ? "curl" : "curl -X ");
    for (const char *at = method; !get && !head && *at; at++)
        buffer_print(&line, "%c", *at - 'a' + 'A');
    buffer_print(&line, " '%s", base);
    put_path(&line, path, operation);
    buffer_text(&line, "'");
    if (json_object_get(security, "bearer"))
        buffer_text(&line, " \\\n  -H \"Authorization: Bearer $TOKEN\"");
    if (json_object_get(security, "cookie"))
        buffer_text(&line, " \\\n  -b cookies.txt");
    json_array_foreach(json_object_get(operation, "parameters"), i, one) {
        if (!strcmp(member(one, "in"), "header") && json_is_true(json_object_get(one, "required")))
            buffer_print(&line, " \\\n  -H '%s: ...'", member(one, "name"));
    }
    put_body(&line, document, json_object_get(operation, "requestBody"));
    docs_text(to, buffer_string(&line));
    to->failed |= line.failed;
    buffer_free(&line);
}
