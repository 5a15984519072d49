#include "http_edge/docs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_edge/openapi_parts.h"
#include "protocol/node/config.h"

/* The page of a description, made of the same document that programs get. It works without scripts; /console/docs.js
 * adds a filter and buttons. */

struct page {
    struct buffer *to;
    const json_t *document;
    const char *base;
};

static const char *member(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

static const char *tag_of(const json_t *operation) {
    return json_string_value(json_array_get(json_object_get(operation, "tags"), 0));
}

/* Calls `each` for every operation of a tag. */
static void each_operation(const struct page *page, const char *tag,
                           void (*each)(const struct page *, const char *, const char *, const json_t *)) {
    const char *path, *method;
    json_t *item, *operation;
    json_object_foreach(json_object_get(page->document, "paths"), path, item) {
        json_object_foreach(item, method, operation) {
            if (!strcmp(tag_of(operation), tag))
                each(page, method, path, operation);
        }
    }
}

static void put_name(struct buffer *to, const char *method, const char *path) {
    buffer_print(to, "<b class=\"%s\">%s</b> <code>", method, method);
    docs_text(to, path);
    buffer_text(to, "</code>");
}

static void put_entry(const struct page *page, const char *method, const char *path, const json_t *operation) {
    buffer_print(page->to, "<li><a href=\"#%s\">", member(operation, "operationId"));
    put_name(page->to, method, path);
    buffer_text(page->to, "</a></li>");
}

static void put_parameters(struct buffer *to, const json_t *parameters) {
    json_t *one;
    size_t i;
    if (!json_array_size(parameters))
        return;
    buffer_text(to, "<h4>Parameters</h4><dl>");
    json_array_foreach((json_t *)parameters, i, one) {
        buffer_text(to, "<dt><code>");
        docs_text(to, member(one, "name"));
        buffer_print(to, "</code> <i>%s%s</i> <span>", member(one, "in"),
                     json_is_true(json_object_get(one, "required")) ? "" : ", optional");
        docs_type(to, json_object_get(one, "schema"));
        buffer_text(to, "</span></dt><dd>");
        docs_text(to, member(one, "description"));
        buffer_text(to, "</dd>");
    }
    buffer_text(to, "</dl>");
}

static void put_body(struct buffer *to, const json_t *body) {
    const char *type;
    json_t *media;
    bool first = true;
    if (!body)
        return;
    buffer_text(to, "<h4>Body <i>");
    json_object_foreach(json_object_get(body, "content"), type, media) {
        buffer_text(to, first ? "" : " or ");
        docs_text(to, type);
        first = false;
    }
    buffer_text(to, "</i></h4>");
    json_object_foreach(json_object_get(body, "content"), type, media) {
        if (json_object_get(media, "schema"))
            docs_members(to, json_object_get(media, "schema"));
        break;
    }
}

enum { EXAMPLES_MAX = 8 };

/* An inline object as what it looks like, unless that stands there already. */
static void put_look(const struct page *page, const json_t *schema, json_t *seen) {
    json_t *value = docs_example(page->document, NULL, schema);
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text && json_object_size(seen) < EXAMPLES_MAX && !json_object_get(seen, text)) {
        openapi_put(seen, text, json_true());
        buffer_text(page->to, "<br><code>");
        docs_text(page->to, text);
        buffer_text(page->to, "</code>");
    }
    free(text);
    json_decref(value);
}

/* What a refusal's body can be; a good answer has an example of its own. */
static void put_content(const struct page *page, const char *status, const json_t *content) {
    const char *type;
    json_t *media, *seen = json_object();
    size_t i;
    json_object_foreach((json_t *)content, type, media) {
        const json_t *schema = json_object_get(media, "schema"), *any = json_object_get(schema, "anyOf");
        bool json = schema && !strcmp(type, "application/json"), refusal = *status >= '4';
        buffer_text(page->to, " <span>");
        if (json_object_get(schema, "$ref"))
            docs_type(page->to, schema);
        else if (!json && !refusal)
            docs_text(page->to, type);
        else if (refusal && !any)
            put_look(page, schema, seen);
        for (i = 0; refusal && i < json_array_size(any); i++)
            put_look(page, json_array_get(any, i), seen);
        buffer_text(page->to, "</span>");
    }
    json_decref(seen);
}

static void put_answers(const struct page *page, const json_t *responses) {
    struct buffer *to = page->to;
    const char *status;
    json_t *one;
    buffer_text(to, "<h4>Answers</h4><dl class=\"answers\">");
    json_object_foreach((json_t *)responses, status, one) {
        if (!strcmp(status, "default"))
            continue;
        buffer_print(to, "<dt><b class=\"s%c\">%s</b></dt><dd>", *status, status);
        docs_text(to, member(one, "description"));
        put_content(page, status, json_object_get(one, "content"));
        buffer_text(to, "</dd>");
    }
    buffer_text(to, "</dl>");
}

/* The first good answer that has JSON. */
static void put_example(const struct page *page, const json_t *responses) {
    const char *status;
    json_t *one;
    json_object_foreach((json_t *)responses, status, one) {
        const json_t *media = json_object_get(json_object_get(one, "content"), "application/json");
        const json_t *schema = *status == '2' ? json_object_get(media, "schema") : NULL;
        if (!schema)
            continue;
        json_t *value = docs_example(page->document, NULL, schema);
        char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);
        buffer_print(page->to, "<h4>Example of an answer <i>%s</i></h4><pre tabindex=\"0\">", status);
        docs_text(page->to, text);
        buffer_text(page->to, "</pre>");
        free(text);
        json_decref(value);
        return;
    }
}

static void put_who(struct buffer *to, const json_t *operation) {
    const char *who = member(operation, "x-who");
    static const struct {
        const char *who, *text;
    } texts[] = {{"reader", "anyone, or a login where the catalogue is not public"},
                 {"user", "needs a login"},
                 {"admin", "administrators only"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strcmp(who, texts[i].who))
            buffer_print(to, "<p class=\"who %s\">%s</p>", who, texts[i].text);
}

static void put_operation(const struct page *page, const char *method, const char *path, const json_t *operation) {
    struct buffer *to = page->to;
    const char *id = member(operation, "operationId");
    buffer_print(to, "<article id=\"%s\"><h3><a href=\"#%s\">", id, id);
    put_name(to, method, path);
    buffer_text(to, "</a></h3><p>");
    docs_text(to, member(operation, "summary"));
    buffer_text(to, "</p>");
    if (member(operation, "description")) {
        buffer_text(to, "<p>");
        docs_text(to, member(operation, "description"));
        buffer_text(to, "</p>");
    }
    put_who(to, operation);
    buffer_text(to, "<div class=\"cols\"><div>");
    put_parameters(to, json_object_get(operation, "parameters"));
    put_body(to, json_object_get(operation, "requestBody"));
    put_answers(page, json_object_get(operation, "responses"));
    buffer_text(to, "</div><div><h4 class=\"calls\">Call</h4><pre tabindex=\"0\" class=\"call\">");
    docs_curl(to, page->document, page->base, method, path, operation);
    buffer_text(to, "</pre>");
    put_example(page, json_object_get(operation, "responses"));
    buffer_text(to, "</div></div></article>");
}

static void put_records(const struct page *page) {
    const char *name;
    json_t *schema;
    buffer_text(page->to, "<section><h2 id=\"records\">Records</h2>");
    json_object_foreach(json_object_get(json_object_get(page->document, "components"), "schemas"), name, schema) {
        buffer_print(
            page->to,
            "<article class=\"record\" id=\"record.%s\"><h3><a href=\"#record.%s\"><code>%s</code></a></h3><p>", name,
            name, name);
        docs_text(page->to, member(schema, "description"));
        buffer_text(page->to, "</p>");
        docs_members(page->to, schema);
        buffer_text(page->to, "</article>");
    }
    buffer_text(page->to, "</section>");
}

static void put_head(const struct page *page, const char *dialect, const json_t *dialects) {
    struct buffer *to = page->to;
    size_t i;
    json_t *one;
    buffer_print(to,
                 "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                 "<meta name=\"color-scheme\" content=\"dark light\"><title>%s - Zoetrope API</title>"
                 "<link rel=\"icon\" href=\"/console/icon.svg\" type=\"image/svg+xml\">"
                 "<link rel=\"stylesheet\" href=\"/console/docs.css\">"
                 "<script type=\"module\" src=\"/console/docs.js\"></script></head><body data-base=\"",
                 dialect);
    docs_text(to, page->base);
    buffer_text(to,
                "\">"
                "<a class=\"skip\" href=\"#main\">Skip to the content</a><header class=\"bar\">"
                "<a class=\"brand\" href=\"/docs\"><img src=\"/console/icon.svg\" alt=\"\" width=\"28\" height=\"28\">"
                "<span>Zoetrope API</span></a><nav aria-label=\"APIs\">");
    json_array_foreach((json_t *)dialects, i, one) {
        const char *name = json_string_value(one);
        buffer_print(to, "<a href=\"/docs?dialect=%s\"%s>%s</a>", name,
                     strcmp(name, dialect) != 0 ? "" : " aria-current=\"page\"", name);
    }
    buffer_text(to, "</nav></header>");
}

static void put_index(const struct page *page) {
    struct buffer *to = page->to;
    size_t i;
    json_t *tag;
    buffer_text(to, "<nav class=\"index\" aria-label=\"Operations\"><label hidden>Filter<input type=\"search\" "
                    "placeholder=\"Filter, such as titles\" autocomplete=\"off\"></label>");
    json_array_foreach(json_object_get(page->document, "tags"), i, tag) {
        buffer_print(to, "<details open><summary>%s</summary><ul>", member(tag, "name"));
        each_operation(page, member(tag, "name"), put_entry);
        buffer_text(to, "</ul></details>");
    }
    buffer_text(to, "<p><a href=\"#records\">Records</a></p></nav>");
}

static void put_intro(const struct page *page, const char *dialect) {
    struct buffer *to = page->to;
    const json_t *info = json_object_get(page->document, "info");
    const char *name;
    json_t *scheme;
    buffer_print(to, "<h1>%s</h1><p class=\"lead\">", dialect);
    docs_text(to, member(info, "description"));
    buffer_print(to, "</p><p><a href=\"/openapi.json?dialect=%s\">The same for programs: OpenAPI 3.1</a></p>", dialect);
    json_object_foreach(json_object_get(json_object_get(page->document, "components"), "securitySchemes"), name,
                        scheme) {
        const char *cookie = member(scheme, "name");
        buffer_text(to, "<p class=\"scheme\"><code>");
        docs_text(to, cookie ? cookie : "Authorization: Bearer");
        buffer_text(to, "</code> ");
        docs_text(to, member(scheme, "description"));
        buffer_text(to, "</p>");
    }
}

/* Where the server is, as far as it knows; the script puts in where the page came from. */
static void find_base(char to[300]) {
    const char *listen = config()->listen, *known = config()->public_url;
    if (known && *known)
        snprintf(to, 300, "%.280s", known);
    else
        snprintf(to, 300, "http://%s%.280s", *listen == ':' ? "localhost" : "", listen);
}

char *docs_page(const json_t *document, const char *dialect, const json_t *dialects, size_t *n) {
    char base[300];
    struct buffer html = {0};
    struct page page = {&html, document, base};
    size_t i;
    json_t *tag;
    find_base(base);
    put_head(&page, dialect, dialects);
    buffer_text(&html, "<div class=\"sides\">");
    put_index(&page);
    buffer_text(&html, "<main id=\"main\" tabindex=\"-1\">");
    put_intro(&page, dialect);
    json_array_foreach(json_object_get(document, "tags"), i, tag) {
        buffer_print(&html, "<section><h2>%s</h2>", member(tag, "name"));
        each_operation(&page, member(tag, "name"), put_operation);
        buffer_text(&html, "</section>");
    }
    put_records(&page);
    buffer_text(&html, "</main></div></body></html>\n");
    if (html.failed) {
        buffer_free(&html);
        return NULL;
    }
    *n = html.n;
    return html.at;
}
