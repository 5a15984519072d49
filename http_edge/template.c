#include "http_edge/template.h"

#include <stdlib.h>
#include <string.h>

#include "http_edge/template_parts.h"
#include "protocol/node/config.h"
#include "protocol/wire/json.h"

static const struct field *leaf(const struct path *path) {
    return path->at[path->depth - 1];
}

/* The record that holds the last field of the path, NULL when one above it is absent. */
static const void *holder(const struct path *path, const void *value, const struct template_frame *frame) {
    const struct template_around *around = frame->around;
    for (unsigned up = path->up; up; up--, around = around->around)
        value = around->value;
    for (unsigned i = 0; value && i + 1 < path->depth; i++)
        value = path->at[i]->type == TYPE_NEST ? *(void *const *)((const char *)value + path->at[i]->offset) : NULL;
    return value;
}

static const char *text_of(const struct field *field, const void *value) {
    return field->type == TYPE_TEXT || field->type == TYPE_CHOICE
               ? *(const char *const *)((const char *)value + field->offset)
               : NULL;
}

static bool has_admin(const struct list *list) {
    for (size_t i = 0; i < list->n; i++)
        if (!strcmp(LIST_AT(*list, const char *, i), "admin"))
            return true;
    return false;
}

static void naive_time(int64_t ms, struct buffer *to) {
    char text[32];
    time_to_text(ms, text);
    buffer_print(to, "\"%.19s", text);
    if (ms % 1000)
        buffer_print(to, ".%03d", (int)(ms % 1000));
    buffer_text(to, "\"");
}

/* A text behind the base address; `quoted` is JSON. */
static void put_based(const struct buffer *quoted, const struct template_frame *frame, struct buffer *to) {
    buffer_text(to, "\"");
    buffer_text(to, frame->base);
    buffer_add(to, quoted->at + 1, quoted->n - 1);
}

/* A token has no letters that JSON must escape. */
static void put_token(bool stream, int64_t title, const struct template_frame *frame, struct buffer *to) {
    buffer_text(to, "\"");
    if (stream)
        buffer_print(to, "%s/stream/", frame->base);
    frame->token(frame->self, stream, title, to);
    buffer_text(to, stream ? "/master.m3u8\"" : "\"");
}

static void put_joined(const struct list *list, struct buffer *to) {
    struct buffer text = {0};
    for (size_t i = 0; i < list->n; i++) {
        buffer_text(&text, i ? ", " : "");
        buffer_text(&text, LIST_AT(*list, const char *, i));
    }
    buffer_add(&text, "", 1);
    text_to_json(text.failed ? "" : text.at, to);
    to->failed |= text.failed;
    buffer_free(&text);
}

static void run_way(const struct op *op, const struct field *field, const void *in, const struct template_frame *frame,
                    struct buffer *to) {
    const void *at = (const char *)in + field->offset;
    struct buffer json = {0};
    switch (op->way) {
    case WAY_PLAIN:
        field_to_json(field, in, to);
        break;
    case WAY_BASE:
        field_to_json(field, in, &json);
        if (json.n && !json.failed)
            put_based(&json, frame, to);
        to->failed |= json.failed;
        buffer_free(&json);
        break;
    case WAY_HEX:
        buffer_print(to, "\"%024llx\"", *(const long long *)at);
        break;
    case WAY_NAIVE:
        naive_time(*(const int64_t *)at, to);
        break;
    case WAY_ADMIN:
        buffer_text(to, has_admin(at) ? "true" : "false");
        break;
    case WAY_WATCH:
    case WAY_STREAM:
        put_token(op->way == WAY_STREAM, *(const int64_t *)at, frame, to);
        break;
    case WAY_JOIN:
        put_joined(at, to);
        break;
    case WAY_COUNT:
        buffer_print(to, "%zu", ((const struct list *)at)->n);
        break;
    case WAYS:
        break;
    }
}

/* What stands for this text; NULL: itself. */
static const struct template *case_of(const struct op *op, const char *text) {
    for (size_t i = 0; text && i < op->cases_n; i++)
        if (!strcmp(op->cases[i].text, text) || !strcmp(op->cases[i].text, "*"))
            return op->cases[i].shape;
    return NULL;
}

static void run_value(const struct op *op, const void *value, const struct template_frame *frame, struct buffer *to) {
    const struct field *field = leaf(&op->path);
    const void *in = holder(&op->path, value, frame);
    bool absent = !in || !field_present(field, in);
    const char *text = absent ? NULL : text_of(field, in);
    const struct template *shape = case_of(op, text);
    if (absent || (op->text.n && text && !*text)) {
        const void *instead = op->other.depth ? holder(&op->other, value, frame) : NULL;
        bool there = instead && field_present(leaf(&op->other), instead);
        if (there && op->way == WAY_BASE)
            run_way(op, leaf(&op->other), instead, frame, to);
        else if (there)
            field_to_json(leaf(&op->other), instead, to);
        else if (op->text.n > 1 && op->way == WAY_BASE && *op->text.at == '"')
            put_based(&op->text, frame, to);
        else if (op->text.n)
            buffer_add(to, op->text.at, op->text.n);
        else
            buffer_text(to, "null");
    } else if (shape)
        template_run(shape, value, frame, to);
    else
        run_way(op, field, in, frame, to);
}

static void add_line(const char *text, size_t n, struct buffer *to) {
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] >= 0x20 && text[i] != 0x7f)
            buffer_add(to, text + i, 1);
}

/* A value as text: a JSON string loses its quotes, everything else is the same. */
static void run_inside(const struct op *op, bool line, const void *value, const struct template_frame *frame,
                       struct buffer *to) {
    const struct field *field = leaf(&op->path);
    const void *in = holder(&op->path, value, frame);
    if (!in || !field_present(field, in))
        return;
    if (op->way == WAY_BASE)
        buffer_text(to, frame->base);
    const char *text = text_of(field, in);
    if (text && line) {
        add_line(text, strlen(text), to);
        return;
    }
    struct buffer json = {0};
    field_to_json(field, in, &json);
    bool quoted = json.n >= 2 && json.at[0] == '"';
    buffer_add(to, json.at + quoted, json.n - 2 * quoted);
    buffer_free(&json);
}

static void run_each(const struct op *op, const void *value, const struct template_frame *frame, struct buffer *to) {
    const struct field *field = leaf(&op->path);
    const void *in = holder(&op->path, value, frame);
    const struct list *list = in ? (const void *)((const char *)in + field->offset) : NULL;
    const struct template_around around = {value, frame->around};
    struct template_frame inner = *frame;
    size_t bytes = field->record()->about->bytes, written = 0;
    inner.around = &around;
    buffer_text(to, op->members ? "{" : "[");
    for (size_t i = 0; list && i < list->n; i++) {
        const char *item = (const char *)list->at + i * bytes;
        if (op->only && !*(const bool *)(item + op->only->offset))
            continue;
        buffer_text(to, written++ ? "," : "");
        template_run(op->inner, item, &inner, to);
    }
    buffer_text(to, op->members ? "}" : "]");
}

/* In a header line; an address below the front end begins with {front}. */
static void put_setting(const char *text, struct buffer *to) {
    static const char front[] = "{front}";
    if (text && !strncmp(text, front, sizeof front - 1)) {
        const char *base = config()->front_url;
        size_t n = strlen(base);
        while (n && base[n - 1] == '/')
            n--;
        add_line(base, n, to);
        text += sizeof front - 1;
    }
    if (text)
        add_line(text, strlen(text), to);
}

void template_run(const struct template *template, const void *value, const struct template_frame *frame,
                  struct buffer *to) {
    for (size_t i = 0; i < template->count; i++) {
        const struct op *op = &template->ops[i];
        switch (op->kind) {
        case OP_TEXT:
            buffer_add(to, op->text.at, op->text.n);
            break;
        case OP_WHOLE:
            record_to_json(template->record, value, to);
            break;
        case OP_VALUE:
            run_value(op, value, frame, to);
            break;
        case OP_INSIDE:
            run_inside(op, template->mode == TEMPLATE_LINE, value, frame, to);
            break;
        case OP_EACH:
            run_each(op, value, frame, to);
            break;
        case OP_SECURE:
            buffer_text(to, frame->secure ? "; Secure" : "");
            break;
        case OP_SETTING:
            put_setting(*op->setting, to);
            break;
        case OP_USER:
            if (frame->user)
                buffer_print(to, "%lld", (long long)frame->user);
            else
                buffer_text(to, "null");
            break;
        case OP_QUERY: {
            const char *text = frame->query(frame->self, op->text.at);
            text_to_json(text ? text : "", to);
            break;
        }
        }
    }
}
