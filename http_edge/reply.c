#include "http_edge/reply.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_edge/cors.h"
#include "http_edge/shard.h"
#include "http_edge/text.h"
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
    if (!request)
        return;
    char trace[33], text[64];
    trace_text(request->trace, trace);
    MHD_add_response_header(response, "X-Request-Id", trace);
    if (request->traced) {
        snprintf(text, sizeof text, "00-%s-%016llx-01", trace, (unsigned long long)shard_random(request->shard));
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
    if (request->in.origin)
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

static void etag_of(const char *body, size_t n, char to[40]) {
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned bytes = 0;
    EVP_Digest(body, n, hash, &bytes, EVP_sha256(), NULL);
    to[0] = '"';
    for (unsigned i = 0; i < 12; i++)
        snprintf(to + 1 + 2 * i, 3, "%02x", hash[i]);
    strcpy(to + 25, "\"");
}

static void problem_json(const struct refusal *refusal, const struct request *request, int http, struct buffer *to) {
    buffer_text(to, "{\"type\":\"/problems/");
    buffer_text(to, refusal->code);
    buffer_text(to, "\",\"title\":");
    text_to_json(refusal->title, to);
    buffer_print(to, ",\"status\":%d,\"detail\":", http);
    text_to_json(refusal->detail, to);
    char trace[33];
    trace_text(request->trace, trace);
    buffer_print(to, ",\"instance\":\"/requests/%s\"", trace);
    if (refusal->field && *refusal->field) {
        buffer_text(to, ",\"errors\":[{\"pointer\":");
        text_to_json(refusal->field, to);
        buffer_text(to, ",\"detail\":");
        text_to_json(refusal->detail, to);
        buffer_text(to, "}]");
    }
    buffer_text(to, "}");
}

static const struct error *error_for(const struct request *request, const struct refusal *refusal) {
    const char *keys[] = {refusal->key, refusal->code, refusal_status_key(refusal->status), "*"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        if (!keys[k])
            continue;
        for (size_t i = 0; request->route && i < request->route->errors_n; i++)
            if (!strcmp(request->route->errors[i].row->key, keys[k]))
                return &request->route->errors[i];
        for (size_t i = 0; i < request->dialect->errors_n; i++)
            if (!strcmp(request->dialect->errors[i].row->key, keys[k]))
                return &request->dialect->errors[i];
    }
    return NULL;
}

static void challenge(struct request *request, const struct refusal *refusal) {
    char text[200];
    const char *realm = request->dialect->row->realm;
    if (realm)
        snprintf(text, sizeof text, "Bearer realm=\"%s\"", realm);
    else if (refusal->challenge)
        snprintf(text, sizeof text, "Bearer error=\"%s\"", refusal->challenge);
    else
        snprintf(text, sizeof text, "Bearer");
    reply_header(request, "WWW-Authenticate", text);
}

static int64_t retry_seconds(const struct refusal *refusal) {
    if (refusal->has_retry_after)
        return refusal->retry_after;
    return status_row(refusal->status)->retry ? 1 : -1;
}

void reply_refusal(struct request *request, const struct refusal *given) {
    struct refusal refusal = *given;
    const struct status_row *row = status_row(refusal.status);
    if (!refusal.code)
        refusal.code = refusal_status_key(refusal.status);
    if (!refusal.detail)
        refusal.detail = row->text;
    refusal.title = row->text;
    refusal.method = method_name(request->method);
    refusal.name = refusal.field && *refusal.field ? refusal.field + 1 : refusal.field;
    request->closing |= refusal.close;
    const struct error *error = error_for(request, &refusal);
    int http = error && error->row->http ? error->row->http : refusal.http ? (int)refusal.http : row->http;
    refusal.http = http;
    refusal.has_http = true;
    struct buffer body = {0};
    struct template_frame frame = {.base = ""};
    if (error && error->give)
        template_run(error->give, &refusal, &frame, &body);
    else
        problem_json(&refusal, request, http, &body);
    reply_buffer(request, http, error && error->give ? "application/json" : "application/problem+json", &body);
    reply_header(request, "Cache-Control", "no-store");
    if (refusal.allow)
        reply_header(request, "Allow", refusal.allow);
    if (http == 401)
        challenge(request, &refusal);
    if (retry_seconds(&refusal) >= 0 && (http == 503 || http == 429)) {
        char seconds[24];
        snprintf(seconds, sizeof seconds, "%lld", (long long)retry_seconds(&refusal));
        reply_header(request, "Retry-After", seconds);
    }
}

void reply_refuse(struct request *request, enum status status, const char *code, const char *detail) {
    struct refusal refusal = {.status = status, .code = code, .detail = detail};
    reply_refusal(request, &refusal);
}

void reply_fault(struct request *request, const char *key, const struct fault *fault) {
    char detail[420];
    struct refusal refusal = {.status = INVALID, .key = key, .field = fault->field};
    if (*fault->field)
        snprintf(detail, sizeof detail, "%s %s.", fault->field + 1, fault->why);
    else
        snprintf(detail, sizeof detail, "%s.", fault->why);
    refusal.detail = detail;
    reply_refusal(request, &refusal);
}

void reply_problem(struct request *request, const struct answer *answer) {
    const struct problem *problem = answer->problem;
    struct refusal refusal = {.status = answer->status};
    if (problem) {
        refusal.code = problem->code && *problem->code ? problem->code : NULL;
        refusal.detail = problem->detail && *problem->detail ? problem->detail : NULL;
        refusal.field = problem->field;
        refusal.retry_after = problem->retry_after;
        refusal.has_retry_after = problem->has_retry_after;
    }
    reply_refusal(request, &refusal);
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

void reply_record(struct request *request, const void *value) {
    const struct route *route = request->route;
    struct template_frame frame = {.base = request_base(request), .secure = !strcmp(config()->cookie_secure, "on")};
    int http = route->row->code ? route->row->code : 200;
    struct buffer body = {0};
    char etag[40] = "";
    if (http != 204 && route->give)
        template_run(route->give, value, &frame, &body);
    else if (http != 204)
        record_to_json(route->message->reply(), value, &body);
    bool read = request_is_read(request) && http == 200 && !body.failed;
    if (read)
        etag_of(body.at, body.n, etag);
    if (read && request->cache_key.n)
        keep(request, &body, etag);
    if (read && reply_unchanged(request, etag)) {
        buffer_free(&body);
        reply_empty(request, 304);
    } else
        reply_buffer(request, http, http == 204 ? NULL : "application/json", &body);
    if (read)
        reply_header(request, "ETag", etag);
    reply_header(request, "Cache-Control", personal(request) ? "no-store" : "no-cache");
    if (route->headers)
        add_lines(request, value, &frame);
}
