#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_edge/openapi_parts.h"
#include "http_edge/permit.h"
#include "http_edge/reply.h"
#include "http_edge/text.h"

/* Which refusals a route can lead to, and in which shapes. What the edge refuses by itself is tried against the rows as
 * a request's refusal would be; rows of the route are there to be used. */

struct refusals {
    const struct route *route; /* NULL: any of the dialect */
    const struct dialect *dialect;
    json_t *shapes; /* {"404":[schema, ...]} */
};

static const char problem_ref[] = "#/components/schemas/problem_details";

json_t *openapi_response(const char *description, const char *type, json_t *schema) {
    if (!type) {
        json_decref(schema);
        return json_pack("{s:s}", "description", description);
    }
    return json_pack("{s:s, s:{s:{s:o}}}", "description", description, "content", type, "schema", schema);
}

json_t *openapi_problem(void) {
    return json_loads(
        "{\"type\":\"object\",\"description\":\"A refusal as RFC 9457 writes it.\",\"properties\":{"
        "\"type\":{\"type\":\"string\",\"pattern\":\"^/problems/[a-z0-9-]+$\",\"description\":\"What went wrong; "
        "stable.\"},"
        "\"title\":{\"type\":\"string\",\"description\":\"The same for every refusal of this kind.\"},"
        "\"status\":{\"type\":\"integer\",\"description\":\"That of the answer.\"},"
        "\"detail\":{\"type\":\"string\",\"description\":\"One sentence for a person.\"},"
        "\"instance\":{\"type\":\"string\",\"description\":\"The request, as the logs name it.\"},"
        "\"errors\":{\"type\":\"array\",\"description\":\"Members that are "
        "wrong.\",\"items\":{\"type\":\"object\",\"properties\":{"
        "\"pointer\":{\"type\":\"string\",\"description\":\"JSON pointer.\"},\"detail\":{\"type\":\"string\"}},"
        "\"required\":[\"pointer\",\"detail\"]}}},"
        "\"required\":[\"type\",\"title\",\"status\",\"detail\",\"instance\"]}",
        0, NULL);
}

static json_t *schema_of(const struct error_row *row) {
    if (!row || !row->give || !*row->give)
        return json_pack("{s:s}", "$ref", problem_ref);
    json_t *none = json_object(), *schema = schema_shape(none, refusal_record(), row->give);
    json_decref(none);
    return schema;
}

static void add_shape(struct refusals *refusals, int http, json_t *schema) {
    char key[16];
    snprintf(key, sizeof key, "%d", http);
    if (!json_object_get(refusals->shapes, key))
        openapi_put(refusals->shapes, key, json_array());
    json_array_append_new(json_object_get(refusals->shapes, key), schema);
}

static void add(struct refusals *refusals, struct refusal refusal) {
    if (!refusal.code)
        refusal.code = refusal_status_key(refusal.status);
    const struct error *error = reply_error(refusals->route, refusals->dialect, &refusal);
    int http = error && error->row->http ? error->row->http
               : refusal.http            ? (int)refusal.http
                                         : status_row(refusal.status)->http;
    add_shape(refusals, http, schema_of(error ? error->row : NULL));
}

static void add_key(struct refusals *refusals, enum status status, const char *key) {
    add(refusals, (struct refusal){.status = status, .key = key});
}

static void add_code(struct refusals *refusals, enum status status, const char *code) {
    add(refusals, (struct refusal){.status = status, .code = code});
}

static void add_login(struct refusals *refusals) {
    const struct route *route = refusals->route;
    bool writes = route->row->method != METHOD_GET && route->row->method != METHOD_HEAD;
    if (permit_needs_login(route)) {
        static const char *const keys[] = {"login-missing", "login-refused", "login-expired", "login-inactive"};
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            add_key(refusals, UNAUTHENTICATED, keys[i]);
        if (route->dialect->bearer)
            add_key(refusals, UNAUTHENTICATED, "login-scheme");
    }
    if (route->row->who == ADMIN)
        add_code(refusals, FORBIDDEN, NULL);
    if (writes && route->dialect->cookie)
        add_code(refusals, FORBIDDEN, "cross-site");
    if (route->row->scarce)
        add_code(refusals, TOO_MANY, NULL);
}

static void add_field(struct refusals *refusals, const char *name) {
    static const char *const keys[] = {"missing", "required", NULL};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        add(refusals, (struct refusal){.status = INVALID, .key = keys[i], .name = name});
    add(refusals, (struct refusal){.status = INVALID, .finest = "blank", .key = "missing", .name = name});
}

/* Many wrong members are told in one object where the dialect gathers them: {"email":["..."],"password":["..."]}. */
static void add_gathered(struct refusals *refusals) {
    if (refusals->dialect->row->gather)
        add_shape(refusals, 400,
                  json_pack("{s:s, s:{s:s, s:{s:s}}}", "type", "object", "additionalProperties", "type", "array",
                            "items", "type", "string"));
}

static void add_body(struct refusals *refusals) {
    const struct take *take = refusals->route->take;
    struct take_part part;
    for (size_t i = 0; take && take_part(take, i, &part); i++)
        if (part.from == TAKE_BODY || part.from == TAKE_QUERY || part.from == TAKE_COOKIE)
            add_field(refusals, part.name);
    if (!take || !take_needs_body(take))
        return;
    static const char *const finest[] = {"empty", "no-object"};
    for (size_t i = 0; i < sizeof finest / sizeof *finest; i++)
        add(refusals, (struct refusal){.status = INVALID, .finest = finest[i]});
    add_key(refusals, INVALID, "malformed");
    add_code(refusals, UNSUPPORTED, NULL);
    add_code(refusals, TOO_LARGE, NULL);
    add_gathered(refusals);
}

/* What a native refuses by a number that no status has (402, 416) is one of INVALID. */
static void add_http(struct refusals *refusals, int http) {
    unsigned status = OK + 1;
    while (status < STATUS_COUNT && status_row(status)->http != http)
        status++;
    add(refusals, (struct refusal){.status = status < STATUS_COUNT ? status : INVALID, .http = http});
}

static void add_attributes(struct refusals *refusals) {
    const struct route_row *row = refusals->route->row;
    if (strchr(row->path, '{') && row->method != METHOD_OPTIONS)
        add_code(refusals, NOT_FOUND, NULL);
    if (refusals->dialect->row->strict)
        add_code(refusals, INVALID, NULL);
    if (row->streams || row->raw) {
        add_code(refusals, INVALID, NULL);
        add_code(refusals, TOO_LARGE, NULL);
        add_code(refusals, UNSUPPORTED, NULL);
    }
    if (row->once) {
        add_code(refusals, INVALID, "idempotency-key");
        add_code(refusals, CONFLICT, NULL);
        add_code(refusals, UNPROCESSABLE, NULL);
    }
    if (row->match) {
        add_code(refusals, PRECONDITION, NULL);
        add(refusals, (struct refusal){.status = PRECONDITION, .http = 428, .code = "precondition-required"});
    }
    for (const char *at = row->refuses ? row->refuses : ""; *at; at += strcspn(at, " "), at += *at == ' ')
        add_http(refusals, atoi(at));
}

/* Rows of a status that there is already: an actor or a native may name what they stand for. */
static void add_rows(struct refusals *refusals, const struct error *errors, size_t n, bool all) {
    for (size_t i = 0; i < n; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", errors[i].row->http);
        if (errors[i].row->http && (all || json_object_get(refusals->shapes, key)))
            add_shape(refusals, errors[i].row->http, schema_of(errors[i].row));
    }
}

/* What a status comes to when nothing finer is known of it. */
static void add_plain(struct refusals *refusals, bool all) {
    for (unsigned status = OK + 1; status < STATUS_COUNT; status++) {
        char key[16];
        snprintf(key, sizeof key, "%d", status_row(status)->http);
        if (all || json_object_get(refusals->shapes, key))
            add_code(refusals, status, NULL);
    }
}

static const char *text_of(int http) {
    for (unsigned status = OK + 1; status < STATUS_COUNT; status++)
        if (status_row(status)->http == http)
            return status_row(status)->text;
    return http == 428   ? "If-Match is needed."
           : http == 416 ? "The file has no such bytes."
           : http == 402 ? "This needs a plan."
           : http == 460 ? "The bytes do not have the checksum that was told."
                         : "Refused.";
}

/* A response of shapes; problems have a media type of their own. */
static json_t *response_of(const char *description, json_t *shapes) {
    json_t *content = json_object(), *others = json_array(), *shape;
    size_t i;
    bool problem = false;
    json_array_foreach(shapes, i, shape) {
        const char *ref = json_string_value(json_object_get(shape, "$ref"));
        if (ref && !strcmp(ref, problem_ref))
            problem = true;
        else
            json_array_append(others, shape);
    }
    if (json_array_size(others))
        openapi_put(content, "application/json", json_pack("{s:o}", "schema", schema_any(others)));
    else
        json_decref(others);
    if (problem)
        openapi_put(content, "application/problem+json", json_pack("{s:{s:s}}", "schema", "$ref", problem_ref));
    return json_pack("{s:s, s:o}", "description", description, "content", content);
}

/* A "refusal" that answers as if all were well joins the good answers of its status. */
static void join(json_t *good, json_t *shapes) {
    json_t *media = json_object_get(json_object_get(good, "content"), "application/json");
    json_t *schema = json_object_get(media, "schema");
    if (!schema)
        return;
    json_array_append(shapes, schema);
    openapi_put(media, "schema", schema_any(json_incref(shapes)));
}

static void add_headers(json_t *response, int http) {
    const char *name = http == 401 ? "WWW-Authenticate" : http == 429 || http == 503 ? "Retry-After" : NULL;
    if (name)
        openapi_put(response, "headers", json_pack("{s:{s:{s:s}}}", name, "schema", "type", "string"));
}

void openapi_refusals(const struct route *route, json_t *responses) {
    struct refusals refusals = {route, route->dialect, json_object()};
    add_login(&refusals);
    add_body(&refusals);
    add_attributes(&refusals);
    add_rows(&refusals, route->errors, route->errors_n, true);
    add_plain(&refusals, false);
    if (route->row->native)
        add_rows(&refusals, route->dialect->errors, route->dialect->errors_n, false);
    for (int http = 200; http < 600; http++) {
        char key[16];
        snprintf(key, sizeof key, "%d", http);
        json_t *shapes = json_object_get(refusals.shapes, key), *good = json_object_get(responses, key);
        if (shapes && good)
            join(good, shapes);
        else if (shapes) {
            json_t *response = response_of(text_of(http), shapes);
            add_headers(response, http);
            openapi_put(responses, key, response);
        }
    }
    json_decref(refusals.shapes);
}

json_t *openapi_any_refusal(const struct dialect *dialect) {
    struct refusals refusals = {NULL, dialect, json_object()};
    json_t *all = json_array(), *shapes;
    const char *key;
    add_plain(&refusals, true);
    add_rows(&refusals, dialect->errors, dialect->errors_n, true);
    json_object_foreach(refusals.shapes, key, shapes) {
        json_array_extend(all, shapes);
    }
    json_t *response =
        response_of("Any other refusal: a service is away or busy, a limit was reached, something broke.", all);
    json_decref(all);
    json_decref(refusals.shapes);
    return response;
}
