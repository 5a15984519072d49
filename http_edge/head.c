#include "http_edge/head.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http_edge/body.h"
#include "http_edge/cors.h"
#include "http_edge/permit.h"
#include "http_edge/preflight.h"
#include "http_edge/reply.h"
#include "http_edge/shard.h"
#include "http_edge/text.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

/* 00-<32 hex>-<16 hex>-<2 hex>; otherwise a trace of our own. */
static void read_trace(struct request *request) {
    const char *text = request->in.traceparent;
    bool any = false;
    if (text && strlen(text) >= 55 && !strncmp(text, "00-", 3) && text[35] == '-' && (!text[55] || text[55] == '-')) {
        request->traced = true;
        for (int i = 0; i < 16; i++) {
            int high = text_hex(text[3 + 2 * i]), low = text_hex(text[4 + 2 * i]);
            request->traced &= high >= 0 && low >= 0;
            request->trace[i] = (uint8_t)((high & 15) << 4 | (low & 15));
            any |= request->trace[i];
        }
    }
    request->traced &= any;
    if (request->traced)
        return;
    for (int i = 0; i < 16; i += 8) {
        uint64_t bits = request_random(request);
        memcpy(request->trace + i, &bits, 8);
    }
}

static void refuse_form(struct request *request, const char *why, int http) {
    struct refusal refusal = {
        .status = INVALID, .http = http, .code = "malformed-request", .detail = why, .close = true};
    metric_add(request->shard->metrics, METRIC_GUARD, 1);
    reply_refusal(request, &refusal);
}

static enum MHD_Result add_argument(void *self, enum MHD_ValueKind kind, const char *name, const char *value) {
    (void)kind;
    struct buffer *to = self;
    size_t from = to->n;
    buffer_print(to, "%c%s%s%s", memchr(to->at, '?', to->n) ? '&' : '?', name, value ? "=" : "", value ? value : "");
    /* The library has made blanks of plus signs. */
    for (size_t i = from; i < to->n; i++)
        if (to->at[i] == ' ')
            to->at[i] = '+';
    return MHD_YES;
}

static void redirect(struct request *request) {
    struct buffer where = {0};
    buffer_print(&where, "%s/", request->url);
    MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, add_argument, &where);
    buffer_add(&where, "", 1);
    reply_empty(request, 301);
    if (!where.failed)
        reply_header(request, "Location", where.at);
    buffer_free(&where);
}

void head_refuse_method(struct request *request) {
    char methods[96];
    cors_methods(request->match.methods, methods);
    struct refusal refusal = {.status = INVALID,
                              .http = 405,
                              .code = "method-not-allowed",
                              .detail = "This path does not take that method.",
                              .allow = methods};
    request->route = NULL;
    reply_refusal(request, &refusal);
}

static void refuse_path(struct request *request) {
    if (request->match.any) {
        request->dialect = request->match.any->dialect;
        request->misused = request->dialect->row->guards && permit_needs_login(request->match.any);
        request->route = request->misused ? request->match.any : NULL;
        if (!request->misused)
            head_refuse_method(request);
    } else if (request->match.redirect)
        redirect(request);
    else
        reply_refuse(request, NOT_FOUND, "no-route", "There is nothing at this path.");
}

/* Whether the body that the head announces will be read. */
static void expect_body(struct request *request) {
    const struct route_row *row = request->route->row;
    request->keep_body = row->raw || (request->route->take && take_needs_body(request->route->take));
    if (row->streams || !request->in.content_length)
        return;
    if (request->keep_body && strtoull(request->in.content_length, NULL, 10) > body_limit(request->route))
        reply_refuse(request, TOO_LARGE, NULL, NULL);
}

static void find_route(struct request *request) {
    enum method method = request->method;
    if (method == METHOD_POST && request->in.method_override) {
        enum method other = method_read(request->in.method_override);
        if (other == METHOD_PATCH || other == METHOD_DELETE || other == METHOD_PUT || other == METHOD_HEAD)
            request->method = method = other;
    }
    route_match(method, request->url, &request->match);
    request->route = route_choose(request->match.route, request->in.accept, NULL);
    request->dialect = request->route ? request->route->dialect : route_dialect(request->url);
    bool preflight = method == METHOD_OPTIONS && (request->in.preflight_method || !request->route);
    /* Whatever comes of the request itself, a page must be able to read it. */
    if (preflight && (request->in.preflight_method || request->match.any || !strcmp(request->url, "*"))) {
        request->route = NULL;
        preflight_answer(request);
    } else if (request->route)
        expect_body(request);
    else
        refuse_path(request);
}

struct request *head_begin(struct shard *shard, struct MHD_Connection *connection, const char *url, const char *method,
                           const char *version) {
    int http;
    struct request *request = request_new(shard);
    if (!request)
        return NULL;
    shard->active++;
    metric_set(shard->metrics, METRIC_ACTIVE, shard->active);
    request->started_us = clock_us();
    request->connection = connection;
    request->url = url;
    request->in_head = true;
    request->phase = PHASE_BODY;
    request->method = method_read(method);
    request->dialect = route_dialect(NULL);
    headers_read(connection, request->arena, &request->in);
    read_trace(request);
    const char *why = headers_guard(&request->in, version, &http);
    for (const char *at = url; !why && *at; at++)
        if ((unsigned char)*at <= 0x20 || *at == 0x7f)
            why = "The path holds blanks or control characters.";
    if (why) {
        refuse_form(request, why, http);
        return request;
    }
    /* A proxy's form of the request line names the host too. */
    if (!strncasecmp(url, "http://", 7)) {
        const char *path = strchr(url + 7, '/');
        request->url = path ? path : "/";
    }
    find_route(request);
    if (!request->response && !request->misused && request->route->row->early)
        request->phase = PHASE_EARLY;
    return request;
}
