#include "http_edge/body.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http_edge/cors.h"
#include "http_edge/reply.h"
#include "http_edge/shard.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"
#include "protocol/wire/codec.h"

enum { TEXT_MAX = 4096, PAGES_ITEMS_MAX = 10000 };

/* --- the head --- */

static int hex(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* 00-<32 hex>-<16 hex>-<2 hex>; otherwise a trace of our own. */
static void read_trace(struct request *request) {
    const char *text = request->in.traceparent;
    bool any = false;
    if (text && strlen(text) >= 55 && !strncmp(text, "00-", 3) && text[35] == '-' && (!text[55] || text[55] == '-')) {
        request->traced = true;
        for (int i = 0; i < 16; i++) {
            int high = hex(text[3 + 2 * i]), low = hex(text[4 + 2 * i]);
            request->traced &= high >= 0 && low >= 0;
            request->trace[i] = (uint8_t)((high & 15) << 4 | (low & 15));
            any |= request->trace[i];
        }
    }
    request->traced &= any;
    if (request->traced)
        return;
    for (int i = 0; i < 16; i += 8) {
        uint64_t bits = shard_random(request->shard);
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

static void refuse_path(struct request *request) {
    if (request->match.any) {
        char methods[96];
        cors_methods(request->match.methods, methods);
        struct refusal refusal = {.status = INVALID,
                                  .http = 405,
                                  .code = "method-not-allowed",
                                  .detail = "This path does not take that method.",
                                  .allow = methods};
        request->dialect = request->match.any->dialect;
        reply_refusal(request, &refusal);
    } else if (request->match.redirect)
        redirect(request);
    else
        reply_refuse(request, NOT_FOUND, "no-route", "There is nothing at this path.");
}

/* Whether the body that the head announces will be read. */
static void expect_body(struct request *request) {
    const struct route_row *row = request->route->row;
    request->keep_body = request->route->take && take_needs_body(request->route->take);
    if (row->streams || !request->in.content_length)
        return;
    if (request->keep_body && strtoull(request->in.content_length, NULL, 10) > (uint64_t)config()->body_bytes)
        reply_refuse(request, TOO_LARGE, NULL, NULL);
}

static void find_route(struct request *request) {
    enum method method = request->method;
    if (method == METHOD_POST && request->in.method_override) {
        enum method other = method_read(request->in.method_override);
        if (other == METHOD_PATCH || other == METHOD_DELETE || other == METHOD_PUT)
            request->method = method = other;
    }
    route_match(method, request->url, &request->match);
    request->route = request->match.route;
    request->dialect = request->route ? request->route->dialect : route_dialect(request->url);
    bool preflight = method == METHOD_OPTIONS && (request->in.preflight_method || !request->route);
    if (preflight && (request->match.any || !strcmp(request->url, "*"))) {
        request->route = NULL;
        cors_options(request);
    } else if (request->route)
        expect_body(request);
    else
        refuse_path(request);
}

struct request *body_begin(struct shard *shard, struct MHD_Connection *connection, const char *url, const char *method,
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
    request->dialect = route_dialect("/");
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
    if (!request->response && request->route->row->early)
        request->phase = PHASE_EARLY;
    return request;
}

/* --- texts of the request --- */

int body_decode_text(const char *from, size_t n, bool plus, char *to, size_t size) {
    size_t wrote = 0;
    for (size_t i = 0; i < n; i++) {
        char c = from[i];
        if (c == '%') {
            int high = i + 2 < n ? hex(from[i + 1]) : -1, low = i + 2 < n ? hex(from[i + 2]) : -1;
            if (high < 0 || low < 0)
                return -1;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus)
            c = ' ';
        if (wrote + 1 >= size)
            return -1;
        to[wrote++] = c;
    }
    to[wrote] = 0;
    return text_valid(to, wrote) ? 0 : -1;
}

const char *request_param(struct request *request, const char *name) {
    char text[TEXT_MAX];
    for (unsigned i = 0; i < request->match.count; i++) {
        const struct param *param = &request->match.params[i];
        if (strncmp(param->name, name, strlen(name)) || strchr("}:", param->name[strlen(name)]) == NULL)
            continue;
        if (body_decode_text(param->at, param->n, false, text, sizeof text))
            return "";
        return arena_text(request->arena, text);
    }
    return "";
}

int64_t request_number(struct request *request, const char *name) {
    return strtoll(request_param(request, name), NULL, 10);
}

const char *request_query(struct request *request, const char *name) {
    char text[TEXT_MAX];
    const char *raw = MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
    if (!raw)
        return NULL;
    return body_decode_text(raw, strlen(raw), false, text, sizeof text) ? "\xff" : arena_text(request->arena, text);
}

const char *request_base(struct request *request) {
    if (*config()->public_url)
        return config()->public_url;
    const char *host = request->in.host && *request->in.host ? request->in.host : config()->listen;
    return arena_print(request->arena, "http://%s", host);
}

static const char *client_address(struct request *request) {
    char text[INET6_ADDRSTRLEN] = "";
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    if (address && address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text, sizeof text);
    else if (address && address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, text, sizeof text);
    return arena_text(request->arena, text);
}

/* Shown to its owner in a list of sessions: plain letters, cut. */
static const char *client_agent(struct request *request) {
    char text[301];
    size_t n = 0;
    for (const char *at = request->in.user_agent; at && *at && n < sizeof text - 1; at++)
        if (*at >= 0x20 && *at < 0x7f)
            text[n++] = *at;
    return arena_copy(request->arena, text, n);
}

static const char *here(struct request *request, const char *name) {
    if (!strcmp(name, "session"))
        return request->login.id ? arena_print(request->arena, "%lld", (long long)request->login.id) : NULL;
    if (!strcmp(name, "user"))
        return request->login.user ? arena_print(request->arena, "%lld", (long long)request->login.user) : NULL;
    return !strcmp(name, "agent") ? client_agent(request) : !strcmp(name, "address") ? client_address(request) : NULL;
}

static const char *source_text(void *self, enum take_from from, const char *name) {
    struct request *request = self;
    char cookie[TEXT_MAX];
    const char *text;
    switch (from) {
    case TAKE_PATH:
        return request_param(request, name);
    case TAKE_QUERY:
        return request_query(request, name);
    case TAKE_COOKIE:
        text = headers_cookie(&request->in, name, cookie, sizeof cookie);
        return text ? arena_text(request->arena, text) : NULL;
    case TAKE_HERE:
        return here(request, name);
    default:
        return NULL;
    }
}

/* --- the body --- */

/* Type without parameters. */
static bool type_is(const char *text, const char *type) {
    size_t n = strlen(type);
    return text && !strncasecmp(text, type, n) && (!text[n] || strchr("; \t", text[n]));
}

static json_t *form_to_json(struct request *request) {
    json_t *json = json_object();
    const char *at = request->body.at, *end = at + request->body.n;
    while (json && at < end) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        stop = stop ? stop : end;
        const char *equals = memchr(at, '=', (size_t)(stop - at));
        const char *name_end = equals ? equals : stop;
        char name[128], value[TEXT_MAX];
        if (body_decode_text(at, (size_t)(name_end - at), true, name, sizeof name) ||
            body_decode_text(equals ? equals + 1 : stop, equals ? (size_t)(stop - equals - 1) : 0, true, value,
                             sizeof value)) {
            json_decref(json);
            return NULL;
        }
        if (*name)
            json_object_set_new(json, name, json_string(value));
        at = stop + 1;
    }
    return json;
}

static int read_json(struct request *request) {
    struct fault fault = {0};
    const struct route *route = request->route;
    bool form = route->dialect->row->forms && type_is(request->in.content_type, "application/x-www-form-urlencoded");
    if (!request->body.n && take_needs_no_more(route->take))
        request->json = json_object();
    else if (!request->body.n) {
        fault_set(&fault, "A JSON body is needed");
        reply_fault(request, "malformed", &fault);
        return -1;
    } else if (!form && !type_is(request->in.content_type, "application/json")) {
        size_t n = request->in.content_type ? strcspn(request->in.content_type, ";\" \t") : 0;
        struct refusal refusal = {.status = UNSUPPORTED,
                                  .detail = "The body must be application/json.",
                                  .media = arena_copy(request->arena, request->in.content_type, n < 100 ? n : 100)};
        reply_refusal(request, &refusal);
        return -1;
    } else
        request->json = form ? form_to_json(request) : json_parse(request->body.at, request->body.n, &fault);
    if (request->json)
        return 0;
    if (form)
        fault_set(&fault, "The form is not well formed");
    reply_fault(request, "malformed", &fault);
    return -1;
}

void *body_take(struct request *request) {
    struct fault fault = {0};
    const struct take *take = request->route->take;
    bool missing;
    if (!take)
        return arena_alloc(request->arena, request->route->message->ask()->about->bytes);
    if (take_needs_body(take) && read_json(request))
        return NULL;
    struct take_source source = {.json = request->json, .text = source_text, .self = request};
    void *value = take_run(take, &source, request->arena, &fault, &missing);
    if (!value)
        reply_fault(request, missing ? "missing" : !strcmp(fault.why, "is required") ? "required" : NULL, &fault);
    return value;
}

/* --- answers of the cache, answers of several pages --- */

void body_reply_cached(struct request *request, const struct cached *cached) {
    if (reply_unchanged(request, cached->etag)) {
        reply_empty(request, 304);
        reply_header(request, "ETag", cached->etag);
        return;
    }
    if (!request->in.origin && !request->traced && !request->shard->draining) {
        reply_shared(request, 200, cached->response, cached->n);
        return;
    }
    struct buffer body = {0};
    buffer_add(&body, cached->body, cached->n);
    reply_body(request, 200, "application/json", "no-cache", &body);
    reply_header(request, "ETag", cached->etag);
}

void body_next_page(struct request *request, void *page, void (*step)(struct request *request)) {
    const struct message *message = request->route->message;
    const struct field *items = record_field(message->reply(), "items"), *next = record_field(message->reply(), "next");
    struct list *list = (void *)((char *)page + items->offset);
    const char *cursor = *(const char **)((char *)page + next->offset);
    size_t bytes = items->record()->about->bytes;
    char *all = arena_alloc(request->arena, (request->pages.n + list->n) * bytes);
    if (!all) {
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
        return;
    }
    memcpy(all, request->pages.at ? request->pages.at : all, request->pages.n * bytes);
    memcpy(all + request->pages.n * bytes, list->at ? list->at : all, list->n * bytes);
    request->pages = (struct list){all, request->pages.n + list->n};
    void *ask = cursor && request->pages.n < PAGES_ITEMS_MAX ? body_take(request) : NULL;
    if (request->response)
        return;
    if (!ask) {
        *list = request->pages;
        reply_record(request, page);
        return;
    }
    *(const char **)((char *)ask + record_field(message->ask(), "cursor")->offset) = cursor;
    request_ask(request, 0, request->route->row->message, ask, step);
}
