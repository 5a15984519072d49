#include "http_edge/reply.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_edge/cors.h"
#include "http_edge/natives.h"
#include "http_edge/proxy.h"
#include "http_edge/shard.h"
#include "http_edge/text.h"
#include "http_edge/ticket.h"
#include "protocol/node/config.h"
#include "protocol/wire/json.h"

static bool personal(const struct request *request) {
    return request->login.user || !request->route || request->method != METHOD_GET || !request->route->row->cache;
}

void reply_header(struct request *request, const char *name, const char *value) {
    if (request->response)
        MHD_add_response_header(request->response, name, value);
}

void reply_common(struct request *request, struct MHD_Response *response) {
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    if (!strcmp(config()->cookie_secure, "on"))
        MHD_add_response_header(response, "Strict-Transport-Security", "max-age=31536000");
    if (!request)
        return;
    char trace[33], text[64];
    trace_text(request->trace, trace);
    MHD_add_response_header(response, "X-Request-Id", trace);
    if (request->traced) {
        snprintf(text, sizeof text, "00-%s-%016llx-01", trace, (unsigned long long)request_random(request));
        MHD_add_response_header(response, "Traceresponse", text);
    }
    if (request->route && request->route->row->always) {
        const char *line = request->route->row->always;
        snprintf(text, sizeof text, "%.*s", (int)strcspn(line, ":"), line);
        MHD_add_response_header(response, text, strchr(line, ':') + 2);
    }
    int origin = cors_origin(request->in.origin);
    if (origin >= 0)
        cors_add(response, origin);
    /* Also for a request without one: what a shared cache keeps of it would be wrong for those that have one. */
    MHD_add_response_header(response, "Vary", "Origin");
    if (request->closing || request->shard->draining)
        MHD_add_response_header(response, "Connection", "close");
}

void reply_response(struct request *request, int http, struct MHD_Response *response, uint64_t bytes) {
    if (!response)
        return;
    if (request->response && !request->shared)
        MHD_destroy_response(request->response);
    request->shared = false;
    request->response = response;
    request->http = http;
    request->sent_bytes = bytes;
    request->phase = request->phase == PHASE_RUN ? PHASE_ANSWERED : request->phase;
}

void reply_shared(struct request *request, int http, struct MHD_Response *response, uint64_t bytes) {
    reply_response(request, http, response, bytes);
    request->shared = true;
}

/* A response over the buffer's memory, which it takes. */
static void reply_buffer(struct request *request, int http, const char *type, struct buffer *body) {
    if (body->failed) {
        buffer_free(body);
        http = 500;
    }
    size_t n = body->n;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(n, body->at, body->at ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (!response)
        buffer_free(body);
    *body = (struct buffer){0};
    reply_response(request, http, response, n);
    reply_common(request, request->response);
    if (type)
        reply_header(request, "Content-Type", type);
}

void reply_body(struct request *request, int http, const char *type, const char *cache, struct buffer *body) {
    reply_buffer(request, http, type, body);
    reply_header(request, "Cache-Control", cache);
}

void reply_json(struct request *request, int http, struct buffer *json) {
    reply_body(request, http, "application/json", "no-store", json);
}

void reply_empty(struct request *request, int http) {
    struct buffer none = {0};
    reply_buffer(request, http, NULL, &none);
}

bool reply_unchanged(const struct request *request, const char *etag) {
    const char *at = request->in.if_none_match;
    size_t n = strlen(etag);
    if (!at)
        return false;
    if (!strcmp(at, "*"))
        return true;
    for (; *at; at++) {
        at += strspn(at, " \t,");
        if (!strncmp(at, "W/", 2))
            at += 2;
        if (!strncmp(at, etag, n) && (!at[n] || strchr(" \t,", at[n])))
            return true;
        at += strcspn(at, ",");
        if (!*at)
            break;
    }
    return false;
}

/* The answer's digest, behind the version of what it shows when it has one: writers name the version in If-Match, and
 * news that nobody wrote (how far a film is) are no reason to refuse them. */
static void etag_of(int64_t version, const char *body, size_t n, char to[64]) {
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned bytes = 0;
    EVP_Digest(body, n, hash, &bytes, EVP_sha256(), NULL);
    size_t at = version ? (size_t)snprintf(to, 32, "\"%lld-", (long long)version) : (size_t)snprintf(to, 32, "\"");
    for (unsigned i = 0; i < 12; i++)
        at += (size_t)snprintf(to + at, 3, "%02x", hash[i]);
    strcpy(to + at, "\"");
}

/* Of the record, or of the first record in it: {"person":{..., "version":3}}. 0: none. */
static int64_t version_of(const struct record *record, const void *value) {
    const struct field *field = record_field(record, "version");
    if (field)
        return field->type == TYPE_INT ? *(const int64_t *)((const char *)value + field->offset) : 0;
    const struct field *first = record->count ? &record->fields[0] : NULL;
    const void *inner =
        first && first->type == TYPE_NEST ? *(void *const *)((const char *)value + first->offset) : NULL;
    field = inner ? record_field(first->record(), "version") : NULL;
    return field && field->type == TYPE_INT ? *(const int64_t *)((const char *)inner + field->offset) : 0;
}

/* Header lines of the route: "Name: value", one a line. */
static void add_lines(struct request *request, const void *value, const struct template_frame *frame) {
    struct buffer lines = {0};
    template_run(request->route->headers, value, frame, &lines);
    buffer_add(&lines, "", 1);
    for (char *at = lines.failed ? NULL : lines.at, *end; at && *at; at = end) {
        end = strchr(at, '\n');
        end = end ? (*end = 0, end + 1) : at + strlen(at);
        char *colon = strstr(at, ": ");
        if (!colon)
            continue;
        *colon = 0;
        reply_header(request, at, colon + 2);
    }
    buffer_free(&lines);
}

/* The same answer for everyone: kept with all but the headers of this one request. */
static void keep(struct request *request, const struct buffer *body, const char *etag) {
    struct MHD_Response *response = MHD_create_response_from_buffer(body->n, body->at, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return;
    reply_common(NULL, response);
    MHD_add_response_header(response, "Content-Type", "application/json");
    MHD_add_response_header(response, "Cache-Control", "no-cache");
    MHD_add_response_header(response, "ETag", etag);
    MHD_add_response_header(response, "Vary", "Origin");
    cache_keep(request->shard->cache, request->cache_key.at, request->cache_key.n, &request->stamp, body->at, body->n,
               etag, response);
}

void reply_constant(struct request *request) {
    static const struct nothing nothing;
    struct template_frame frame = {.base = request_base(request)};
    struct buffer body = {0};
    template_run(request->route->give, &nothing, &frame, &body);
    reply_body(request, 200, "application/json", "no-cache", &body);
}

static const char *query_text(void *self, const char *name) {
    return request_query(self, name);
}

static struct template_frame frame_of(struct request *request) {
    return (struct template_frame){.base = request_base(request),
                                   .secure = !strcmp(config()->cookie_secure, "on") || proxy_secure(request) ||
                                             !strcmp(config()->cookie_samesite, "None"),
                                   .user = request->login.user,
                                   .token = ticket_add,
                                   .query = query_text,
                                   .self = request};
}

void reply_record(struct request *request, const void *value) {
    const struct route *route = request->route;
    struct template_frame frame = frame_of(request);
    int http = route->row->code ? route->row->code : 200;
    struct buffer body = {0};
    char etag[64] = "";
    bool bare = http == 204 || http == 302;
    if (!bare && route->give)
        template_run(route->give, value, &frame, &body);
    else if (!bare)
        record_to_json(route_shows(route->row), value, &body);
    bool read = request_is_read(request) && http == 200 && !body.failed;
    int64_t version = version_of(route_shows(route->row), value);
    /* What a write answers is what a read would. */
    bool written = !read && version && !route->give && body.n && !body.failed && http < 300;
    if (read || written)
        etag_of(version, body.at, body.n, etag);
    if (read && request->cache_key.n)
        keep(request, &body, etag);
    if (read && reply_unchanged(request, etag)) {
        buffer_free(&body);
        reply_empty(request, 304);
    } else
        reply_buffer(request, http, bare ? NULL : "application/json", &body);
    if (*etag)
        reply_header(request, "ETag", etag);
    const char *control = route->row->control ? route->row->control : personal(request) ? "no-store" : "no-cache";
    reply_header(request, "Cache-Control", control);
    if (route->headers)
        add_lines(request, value, &frame);
}
