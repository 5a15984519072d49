#include "http_edge/body.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http_edge/proxy.h"
#include "http_edge/reply.h"
#include "http_edge/shard.h"
#include "http_edge/text.h"
#include "protocol/node/config.h"
#include "protocol/wire/check.h"
#include "protocol/wire/codec.h"

enum { TEXT_MAX = 4096, PAGES_ITEMS_MAX = 10000, NAME_SHOWN_BYTES = 64 };

/* Shown to its owner in a list of sessions: plain letters, cut. */
static const char *client_agent(struct request *request) {
    char text[301];
    size_t n = 0;
    for (const char *at = request->in.user_agent; at && *at && n < sizeof text - 1; at++)
        if (*at >= 0x20 && *at < 0x7f)
            text[n++] = *at;
    return arena_copy(request->arena, text, n);
}

/* If-Match as the versions that its tags begin with ("12-5be0..." is 12), separated by commas; weak tags match nothing
 * (RFC 9110 13.1.1). NULL without the header. */
static const char *client_match(struct request *request) {
    const char *at = request->in.if_match;
    char text[201];
    size_t n = 0;
    if (!at || !strcmp(at, "*"))
        return at;
    for (*text = 0; *at; at += strcspn(at, ","), at += *at == ',') {
        at += strspn(at, " \t");
        size_t digits = *at == '"' ? strspn(at + 1, "0123456789") : 0;
        if (digits && digits < 19 && at[1 + digits] == '-' && n + digits + 2 < sizeof text)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%.*s", n ? "," : "", (int)digits, at + 1);
    }
    return arena_text(request->arena, text);
}

static const char *here(struct request *request, const char *name) {
    if (!strcmp(name, "match"))
        return client_match(request);
    if (!strcmp(name, "empty"))
        return "";
    if (!strcmp(name, "session"))
        return request->login.id ? arena_print(request->arena, "%lld", (long long)request->login.id) : NULL;
    if (!strcmp(name, "user"))
        return request->login.user ? arena_print(request->arena, "%lld", (long long)request->login.user) : NULL;
    return !strcmp(name, "agent") ? client_agent(request) : !strcmp(name, "address") ? proxy_client(request) : NULL;
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
        if (text_decode(at, (size_t)(name_end - at), true, name, sizeof name) ||
            text_decode(equals ? equals + 1 : stop, equals ? (size_t)(stop - equals - 1) : 0, true, value,
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
    if (request->json)
        return 0;
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

bool body_read(struct request *request) {
    return !read_json(request);
}

size_t body_limit(const struct route *route) {
    size_t picture = route->row->large ? (size_t)config()->picture_bytes / 3 * 4 + 4 : 0;
    return (size_t)config()->body_bytes + picture;
}

bool body_choose(struct request *request) {
    if (read_json(request))
        return false;
    request->route = route_choose(request->match.route, request->in.accept, request->json);
    request->dialect = request->route->dialect;
    return true;
}

struct strangers {
    const struct take *take;
    const char *name; /* the first that nothing takes */
};

static enum MHD_Result find_stranger(void *self, enum MHD_ValueKind kind, const char *name, const char *value) {
    struct strangers *strangers = self;
    (void)kind, (void)value;
    if (strangers->take && take_asks(strangers->take, name))
        return MHD_YES;
    strangers->name = name;
    return MHD_NO;
}

/* A filter that is misspelt must not answer with everything. */
bool body_query_known(struct request *request) {
    struct strangers strangers = {.take = request->route->take};
    struct fault fault = {0};
    if (!request->dialect->row->strict)
        return true;
    MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, find_stranger, &strangers);
    if (!strangers.name)
        return true;
    size_t n = strlen(strangers.name);
    bool shown = n && n <= NAME_SHOWN_BYTES && text_valid(strangers.name, n);
    fault_set(&fault, shown ? "is not known" : "A parameter is not known");
    if (shown)
        fault_in(&fault, strangers.name, 0);
    reply_fault(request, NULL, &fault);
    return false;
}

void *body_take(struct request *request) {
    const struct take *take = request->route->take;
    if (!take)
        return arena_alloc(request->arena, request->route->message->ask()->about->bytes);
    if (take_needs_body(take) && read_json(request))
        return NULL;
    struct take_source source = {.json = request->json, .text = source_text, .self = request};
    struct take_faults faults; /* take_run() clears what it uses of it, which is next to nothing mostly */
    faults.most = request->dialect->row->gather ? TAKE_FAULTS_MAX : 1;
    void *value = take_run(take, &source, request->arena, &faults);
    if (!value && faults.n)
        reply_faults(request, &faults, json_is_object(request->json) && !json_object_size(request->json));
    else if (!value)
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
    return value;
}

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
