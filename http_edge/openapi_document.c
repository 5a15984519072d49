#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_edge/openapi.h"
#include "http_edge/openapi_parts.h"
#include "http_edge/permit.h"

/* A document: every route of a dialect as an operation. */

/* --- one operation --- */

static const char *tag_of(const struct route *route) {
    const struct says *says = route->row->says;
    const struct message *message = message_row(route->row->message);
    return says && says->tag ? says->tag : message ? service_name(message->service) : "edge";
}

/* The message's name, or the native's; with the path behind it when another operation has it already. */
static json_t *name_of(const struct route *route, json_t *names) {
    const char *own = route->row->native && route->row->name ? route->row->name : route->message->name;
    char name[256];
    size_t n = (size_t)snprintf(name, sizeof name, "%s", own);
    if (json_object_get(names, name)) {
        n += (size_t)snprintf(name + n, sizeof name - n, ".%s", method_name(route->row->method));
        for (const char *at = route->path; *at && n < sizeof name - 1; at++)
            name[n++] = isalnum((unsigned char)*at) ? *at : '_';
        name[n] = 0;
    }
    openapi_put(names, name, json_true());
    return json_string(name);
}

static const char *about_of(const struct route *route) {
    const struct says *says = route->row->says;
    const struct message *message = message_row(route->row->message);
    return says && says->about ? says->about : message ? message->meaning : "";
}

static json_t *security_of(const struct route *route) {
    json_t *ways = json_array();
    if (route->row->greets && !permit_needs_login(route))
        json_array_append_new(ways, json_object());
    else if (!permit_needs_login(route))
        return ways;
    if (route->dialect->bearer)
        json_array_append_new(ways, json_pack("{s:[]}", "bearer"));
    if (route->dialect->cookie)
        json_array_append_new(ways, json_pack("{s:[]}", "cookie"));
    return ways;
}

static const char *who_of(const struct route *route) {
    static const char *const names[] = {[ANYONE] = "anyone", [READER] = "reader", [USER] = "user", [ADMIN] = "admin"};
    return names[route->row->who];
}

/* --- its good answers --- */

static void add_header(json_t *headers, const char *name, size_t n) {
    char text[64];
    snprintf(text, sizeof text, "%.*s", (int)n, name);
    openapi_put(headers, text, json_pack("{s:{s:s}}", "schema", "type", "string"));
}

static json_t *headers_of(const struct route *route, bool tagged) {
    json_t *headers = json_object();
    const struct route_row *row = route->row;
    for (const char *at = row->headers ? row->headers : ""; *at; at += strcspn(at, "\n"), at += *at == '\n')
        add_header(headers, at, strcspn(at, ":"));
    for (const char *at = row->says && row->says->headers ? row->says->headers : ""; *at;
         at += strcspn(at, " "), at += *at == ' ')
        add_header(headers, at, strcspn(at, " "));
    if (row->always)
        add_header(headers, row->always, strcspn(row->always, ":"));
    if (tagged)
        add_header(headers, "ETag", 4);
    return headers;
}

static json_t *media(const char *type) {
    if (!strncmp(type, "application/json", 16))
        return json_pack("{s:{s:s}}", "schema", "type", "object");
    if (!strncmp(type, "text/", 5) || strstr(type, "mpegurl") || strstr(type, "xml"))
        return json_pack("{s:{s:s}}", "schema", "type", "string");
    return json_object();
}

/* What a good answer carries; NULL: nothing. */
static json_t *content_of(const struct route *route, json_t *schemas, int http) {
    const struct route_row *row = route->row;
    if (http == 204 || http == 302 || row->method == METHOD_HEAD)
        return NULL;
    if (row->says && row->says->sends) {
        json_t *content = json_object();
        for (const char *at = row->says->sends; *at; at += strcspn(at, " "), at += *at == ' ') {
            char type[80];
            snprintf(type, sizeof type, "%.*s", (int)strcspn(at, " "), at);
            openapi_put(content, type, media(type));
        }
        return content;
    }
    if (!row->give && !row->shows && !row->message)
        return NULL;
    json_t *schema =
        row->give ? schema_shape(schemas, route_shows(row), row->give) : schema_record(schemas, route_shows(row));
    return json_pack("{s:{s:o}}", "application/json", "schema", schema);
}

static const char *told_of(int http) {
    return http == 304   ? "As If-None-Match says."
           : http >= 300 ? "It is at Location."
           : http == 201 ? "Made."
           : http == 202 ? "Taken; done soon."
                         : "Done.";
}

static void add_good(const struct route *route, json_t *schemas, json_t *responses) {
    const struct route_row *row = route->row;
    int http = row->code ? row->code : 200;
    bool tagged = !row->native && row->method == METHOD_GET && http == 200;
    char key[16];
    snprintf(key, sizeof key, "%d", http);
    json_t *response = json_pack("{s:s}", "description", told_of(http));
    json_t *content = content_of(route, schemas, http), *headers = headers_of(route, tagged);
    if (content)
        openapi_put(response, "content", content);
    if (json_object_size(headers))
        openapi_put(response, "headers", headers);
    else
        json_decref(headers);
    openapi_put(responses, key, response);
    if (tagged)
        openapi_put(responses, "304", openapi_response(told_of(304), NULL, NULL));
    for (const char *at = row->says && row->says->codes ? row->says->codes : ""; *at;
         at += strcspn(at, " "), at += *at == ' ') {
        int other = atoi(at);
        snprintf(key, sizeof key, "%d", other);
        openapi_put(responses, key,
                    other == 206 || other >= 400 ? json_deep_copy(response)
                                                 : openapi_response(told_of(other), NULL, NULL));
    }
}

static json_t *operation_of(const struct route *route, json_t *schemas, json_t *names) {
    json_t *responses = json_object();
    json_t *operation =
        json_pack("{s:o, s:s, s:[s], s:s, s:o}", "operationId", name_of(route, names), "summary", about_of(route),
                  "tags", tag_of(route), "x-who", who_of(route), "security", security_of(route));
    if (route->row->when)
        openapi_put(
            operation, "description",
            json_sprintf("Several front ends share this path: meant when the body has `%s`.", route->row->when));
    openapi_asks(route, operation);
    add_good(route, schemas, responses);
    openapi_refusals(route, responses);
    openapi_put(responses, "default", json_pack("{s:s}", "$ref", "#/components/responses/refusal"));
    openapi_put(operation, "responses", responses);
    return operation;
}

/* --- the document --- */

/* /v1/titles/{id:int} is /v1/titles/{id} here. */
static void plain_path(const char *path, char to[128]) {
    size_t n = 0;
    for (const char *at = path; *at && n < 127; at++) {
        if (!strncmp(at, ":int}", 5))
            at += 4;
        to[n++] = *at;
    }
    to[n] = 0;
}

static void add_path(json_t *paths, const struct route *route, json_t *schemas, json_t *names) {
    char path[128], method[16];
    const char *name = method_name(route->row->method);
    size_t i = 0;
    plain_path(route->path, path);
    for (; i < sizeof method - 1 && name[i]; i++)
        method[i] = (char)tolower((unsigned char)name[i]);
    method[i] = 0;
    if (!json_object_get(paths, path))
        openapi_put(paths, path, json_object());
    openapi_put(json_object_get(paths, path), method, operation_of(route, schemas, names));
}

static json_t *security_schemes(const struct dialect *dialect) {
    json_t *schemes = json_object();
    if (dialect->bearer)
        openapi_put(schemes, "bearer",
                    json_pack("{s:s, s:s, s:s, s:s}", "type", "http", "scheme", "bearer", "bearerFormat", "JWT",
                              "description", "The access token of a login of this API; no other API takes it."));
    if (dialect->cookie)
        openapi_put(schemes, "cookie",
                    json_pack("{s:s, s:s, s:s, s:s}", "type", "apiKey", "in", "cookie", "name", dialect->cookie,
                              "description", "Set by the login."));
    return schemes;
}

static json_t *tags_of(json_t *paths) {
    json_t *tags = json_array(), *seen = json_object(), *path, *operation;
    const char *key, *method;
    json_object_foreach(paths, key, path) {
        json_object_foreach(path, method, operation) {
            const char *tag = json_string_value(json_array_get(json_object_get(operation, "tags"), 0));
            if (json_object_get(seen, tag))
                continue;
            openapi_put(seen, tag, json_true());
            json_array_append_new(tags, json_pack("{s:s}", "name", tag));
        }
    }
    json_decref(seen);
    return tags;
}

static json_t *document_of(const struct dialect *dialect) {
    json_t *paths = json_object(), *schemas = json_object(), *names = json_object();
    for (unsigned i = 0; i < route_count(); i++)
        if (route_at(i)->dialect == dialect)
            add_path(paths, route_at(i), schemas, names);
    json_decref(names);
    openapi_put(schemas, "problem_details", openapi_problem());
    json_t *tags = tags_of(paths);
    const char *about = dialect->row->about;
    return json_pack("{s:s, s:{s:s, s:s, s:s}, s:[{s:s}], s:o, s:o, s:{s:o, s:{s:o}, s:o}}", "openapi", "3.1.0", "info",
                     "title", dialect->row->name, "version", ZOE_VERSION, "description", about ? about : "", "servers",
                     "url", "/", "tags", tags, "paths", paths, "components", "schemas", schemas, "responses", "refusal",
                     openapi_any_refusal(dialect), "securitySchemes", security_schemes(dialect));
}

/* The dialect of that name, as its routes know it. */
static const struct dialect *dialect_of(const char *name) {
    for (unsigned i = 0; i < route_count(); i++)
        if (!strcmp(route_at(i)->dialect->row->name, name))
            return route_at(i)->dialect;
    return NULL;
}

json_t *openapi_describe(const char *dialect) {
    const struct dialect *found = dialect_of(dialect);
    return found ? document_of(found) : NULL;
}
