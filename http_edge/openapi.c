#include "http_edge/openapi.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_edge/cache.h"
#include "http_edge/natives.h"
#include "http_edge/openapi_parts.h"
#include "http_edge/reply.h"
#include "http_edge/text.h"

enum { DOCUMENTS_MAX = 16 };

struct kept {
    const char *text, *type;
    size_t n;
    char etag[24];
};

/* A document is made when it is first asked for: a start does not wait for what few will read. */
static struct document {
    const char *dialect;
    bool made; /* under the lock; what is made stays as it is */
    struct kept json, page;
} documents[DOCUMENTS_MAX];
static size_t documents_n;
static json_t *names; /* of the dialects that are served, the house's own last */
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

static const char default_dialect[] = "v1";

static const char policy[] =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'";

/* Takes the text. */
static void keep(struct kept *kept, char *text, size_t n, const char *type) {
    *kept = (struct kept){.text = text, .type = type, .n = n};
    snprintf(kept->etag, sizeof kept->etag, "\"%016llx\"", (unsigned long long)cache_tag(text, n));
}

static void name_dialects(void) {
    const struct dialect *last = NULL;
    for (unsigned i = 0; i < route_count(); i++) {
        if (route_at(i)->dialect != last && last)
            json_array_append_new(names, json_string(route_at(i)->dialect->row->name));
        last = route_at(i)->dialect;
    }
    if (last)
        json_array_append_new(names, json_string(route_at(0)->dialect->row->name));
}

int openapi_open(void) {
    json_t *name;
    size_t i;
    names = json_array();
    if (!names)
        return -1;
    name_dialects();
    json_array_foreach(names, i, name) {
        if (documents_n == DOCUMENTS_MAX)
            return -1;
        documents[documents_n++].dialect = json_string_value(name);
    }
    return 0;
}

static void make(struct document *document) {
    json_t *described = openapi_describe(document->dialect);
    size_t n = 0;
    if (!described)
        return;
    char *json = json_dumps(described, JSON_COMPACT), *page = docs_page(described, document->dialect, names, &n);
    json_decref(described);
    if (json && page) {
        keep(&document->json, json, strlen(json), "application/json");
        keep(&document->page, page, n, "text/html; charset=utf-8");
        document->made = true;
    } else {
        free(json);
        free(page);
    }
}

static bool ready(struct document *document) {
    pthread_mutex_lock(&making);
    if (!document->made)
        make(document);
    bool made = document->made;
    pthread_mutex_unlock(&making);
    return made;
}

static struct document *find(const char *name) {
    for (size_t i = 0; i < documents_n; i++)
        if (!strcmp(documents[i].dialect, *name ? name : default_dialect))
            return &documents[i];
    /* Where v1 is not served, whatever is. */
    return documents_n && !*name ? &documents[0] : NULL;
}

static const struct document *wanted(struct request *request) {
    const char *name = request_query(request, "dialect");
    struct document *document = find(name ? name : "");
    if (!document)
        reply_refuse(request, NOT_FOUND, "no-dialect", "No API of that name is served here.");
    else if (!ready(document))
        reply_refuse(request, BUSY, "busy", "There is no memory for this description; try again later.");
    else
        return document;
    return NULL;
}

static void show(struct request *request, const struct kept *kept) {
    if (reply_unchanged(request, kept->etag))
        reply_empty(request, 304);
    else {
        reply_response(request, 200,
                       MHD_create_response_from_buffer(kept->n, (void *)kept->text, MHD_RESPMEM_PERSISTENT), kept->n);
        reply_common(request, request->response);
        reply_header(request, "Content-Type", kept->type);
        reply_header(request, "Content-Security-Policy", policy);
    }
    reply_header(request, "ETag", kept->etag);
    reply_header(request, "Cache-Control", "no-cache");
}

void openapi_show(struct request *request) {
    const struct document *document = wanted(request);
    if (document)
        show(request, &document->json);
}

void docs_show(struct request *request) {
    const struct document *document = wanted(request);
    if (document)
        show(request, &document->page);
}
