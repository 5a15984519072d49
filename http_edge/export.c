#include <stdlib.h>
#include <string.h>

#include "http_edge/natives.h"
#include "http_edge/reply.h"
#include "http_edge/shard.h"
#include "protocol/wire/json.h"

/* One document of what each service keeps of the caller: the services are asked one after the other. */

enum { PAGES_MAX = 1000, PAGE_ITEMS = 100 };

static const struct part {
    const char *name; /* member of the document; NULL: its members are the document's */
    unsigned message;
    bool pages; /* a list, asked page by page */
} parts[] = {
    {NULL, MSG_auth_export, false},
    {"history", MSG_history_list, true},
    {"mail", MSG_mail_export, false},
};

struct export {
    struct buffer json;
    size_t part;
    unsigned pages;
};

static void ended(struct request *request, bool completed) {
    (void)completed;
    struct export *export = request->state;
    buffer_free(&export->json);
    free(export);
}

static void answered(struct request *request);

static void ask_part(struct request *request, const char *cursor) {
    const struct export *export = request->state;
    const struct part *part = &parts[export->part];
    struct page_ask page = {.limit = PAGE_ITEMS, .has_limit = true, .cursor = cursor};
    struct nothing nothing = {0};
    request_ask(request, 0, part->message, part->pages ? (const void *)&page : &nothing, answered);
}

static void finish(struct request *request) {
    struct export *export = request->state;
    buffer_text(&export->json, "}");
    reply_json(request, 200, &export->json);
    reply_header(request, "Content-Disposition", "attachment; filename=\"zoetrope-export.json\"");
}

/* The items of a page; the cursor of the next one, NULL at the end. */
static const char *add_page(struct export *export, const struct part *part, const void *value) {
    const struct record *record = message_row(part->message)->reply();
    const struct field *items = record_field(record, "items"), *next = record_field(record, "next");
    const struct list *list = (const void *)((const char *)value + items->offset);
    size_t bytes = items->record()->about->bytes;
    if (!export->pages)
        buffer_print(&export->json, ",\"%s\":[", part->name);
    for (size_t i = 0; i < list->n; i++) {
        if (i || export->pages)
            buffer_text(&export->json, ",");
        record_to_json(items->record(), (const char *)list->at + i * bytes, &export->json);
    }
    const char *cursor = *(const char *const *)((const char *)value + next->offset);
    if (cursor && ++export->pages < PAGES_MAX)
        return cursor;
    buffer_text(&export->json, "]");
    export->pages = 0;
    return NULL;
}

static void add_whole(struct export *export, const struct part *part, const void *value) {
    if (part->name)
        buffer_print(&export->json, ",\"%s\":", part->name);
    record_to_json(message_row(part->message)->reply(), value, &export->json);
    /* The document stays open for the others. */
    if (!part->name && export->json.n)
        export->json.n--;
}

static void answered(struct request *request) {
    const struct answer *answer = &request->answers[0];
    struct export *export = request->state;
    const struct part *part = &parts[export->part];
    const char *cursor = NULL;
    if (answer->status != OK) {
        reply_problem(request, answer);
        return;
    }
    if (part->pages)
        cursor = add_page(export, part, answer->value);
    else
        add_whole(export, part, answer->value);
    if (!cursor && ++export->part == sizeof parts / sizeof *parts)
        finish(request);
    else
        ask_part(request, cursor);
}

void export_open(struct request *request) {
    request->state = calloc(1, sizeof(struct export));
    if (!request->state) {
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
        return;
    }
    request->state_end = ended;
    ask_part(request, NULL);
}
