#include "http_edge/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/wire/json.h"

enum { DEPTH = 4, OPS_MAX = 256 };

enum op_kind { OP_TEXT, OP_WHOLE, OP_VALUE, OP_INSIDE, OP_EACH, OP_SECURE };

struct op {
    enum op_kind kind;
    struct buffer text; /* OP_TEXT: what to write; otherwise: what to write for an absent value */
    const struct field *path[DEPTH];
    unsigned depth;
    bool base;
    struct template *inner;
};

struct template {
    const struct record *record;
    enum template_mode mode;
    struct op *ops;
    size_t count;
};

struct reader {
    struct template *template;
    const char *at;
    char *why;
    bool quoted;
};

static struct op *add_op(struct template *template, enum op_kind kind) {
    if (template->count == OPS_MAX)
        return NULL;
    struct op *ops = realloc(template->ops, (template->count + 1) * sizeof *ops);
    if (!ops)
        return NULL;
    template->ops = ops;
    ops[template->count] = (struct op){.kind = kind};
    return &ops[template->count++];
}

static int add_text(struct reader *reader, const char *text, size_t n) {
    struct template *template = reader->template;
    struct op *op = template->count ? &template->ops[template->count - 1] : NULL;
    if (!op || op->kind != OP_TEXT)
        op = add_op(template, OP_TEXT);
    if (!op)
        return -1;
    buffer_add(&op->text, text, n);
    return op->text.failed ? -1 : 0;
}

static size_t name_length(const char *at) {
    size_t n = 0;
    while ((at[n] >= 'a' && at[n] <= 'z') || (n && at[n] >= '0' && at[n] <= '9') || at[n] == '_')
        n++;
    return n;
}

/* Reads a.b.c behind the dollar sign. */
static int read_path(struct reader *reader, struct op *op) {
    const struct record *record = reader->template->record;
    for (;;) {
        char name[64];
        size_t n = name_length(reader->at);
        if (n >= sizeof name || op->depth == DEPTH)
            return -1;
        memcpy(name, reader->at, n);
        name[n] = 0;
        const struct field *field = record ? record_field(record, name) : NULL;
        if (!field) {
            snprintf(reader->why, 200, "%s has no field %s", record ? record->about->name : "this", name);
            return -1;
        }
        op->path[op->depth++] = field;
        record = field->record ? field->record() : NULL;
        reader->at += n;
        if (reader->at[0] != '.' || !name_length(reader->at + 1))
            return 0;
        reader->at++;
    }
}

/* |"text" or |literal behind a value. */
static int read_fallback(struct reader *reader, struct op *op) {
    if (*reader->at != '|')
        return 0;
    const char *from = ++reader->at;
    if (*from == '"') {
        for (reader->at++; *reader->at && *reader->at != '"'; reader->at++)
            ;
        if (*reader->at++ != '"')
            return -1;
    } else
        reader->at += strcspn(from, ",}] ");
    buffer_add(&op->text, from, (size_t)(reader->at - from));
    return op->text.failed ? -1 : 0;
}

static int read_value(struct reader *reader, bool base) {
    reader->at++;
    bool whole = !name_length(reader->at);
    bool inside = reader->quoted || reader->template->mode == TEMPLATE_LINE;
    struct op *op = add_op(reader->template, whole ? OP_WHOLE : inside ? OP_INSIDE : OP_VALUE);
    if (!op || (whole && (inside || base)))
        return -1;
    op->base = base;
    if (whole)
        return 0;
    return read_path(reader, op) || (!inside && read_fallback(reader, op)) ? -1 : 0;
}

/* The inner shape ends at the bracket that closes it. */
static const char *each_end(const char *at) {
    int depth = 1;
    bool quoted = false;
    for (; *at; at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (!quoted && *at == '[')
            depth++;
        else if (!quoted && *at == ']' && !--depth)
            return at;
    }
    return NULL;
}

static int read_each(struct reader *reader) {
    reader->at += 2;
    const char *end = each_end(reader->at);
    struct op *op = add_op(reader->template, OP_EACH);
    if (!op || !end || read_path(reader, op))
        return -1;
    const struct field *list = op->path[op->depth - 1];
    if (list->type != TYPE_LIST) {
        snprintf(reader->why, 200, "%s is no list of records", list->name);
        return -1;
    }
    char *text = strndup(reader->at, (size_t)(end - reader->at));
    op->inner = text ? template_new(list->record(), TEMPLATE_JSON, text, reader->why) : NULL;
    free(text);
    reader->at = end + 1;
    return op->inner ? 0 : -1;
}

static int read_next(struct reader *reader) {
    const char *at = reader->at;
    bool json = reader->template->mode == TEMPLATE_JSON;
    if (*at == '$')
        return read_value(reader, false);
    if (!strncmp(at, "@base$", 6)) {
        reader->at += 5;
        return read_value(reader, true);
    }
    if (!json && !strncmp(at, "@secure", 7)) {
        reader->at += 7;
        return add_op(reader->template, OP_SECURE) ? 0 : -1;
    }
    if (json && !reader->quoted && at[0] == '[' && at[1] == '$')
        return read_each(reader);
    reader->at++;
    if (json && !reader->quoted && (*at == ' ' || *at == '\n'))
        return 0;
    if (json && *at == '"')
        reader->quoted = !reader->quoted;
    if (json && *at == '\\' && *reader->at)
        return add_text(reader, reader->at++ - 1, 2);
    return add_text(reader, at, 1);
}

struct template *template_new(const struct record *record, enum template_mode mode, const char *text, char why[200]) {
    struct template *template = calloc(1, sizeof *template);
    if (!template)
        return NULL;
    *template = (struct template){.record = record, .mode = mode};
    struct reader reader = {.template = template, .at = text, .why = why};
    snprintf(why, 200, "not understood");
    while (*reader.at) {
        const char *from = reader.at;
        if (read_next(&reader)) {
            size_t n = strlen(why);
            snprintf(why + n, 200 - n, ", near %.40s", from);
            template_free(template);
            return NULL;
        }
    }
    return template;
}

void template_free(struct template *template) {
    if (!template)
        return;
    for (size_t i = 0; i < template->count; i++) {
        buffer_free(&template->ops[i].text);
        template_free(template->ops[i].inner);
    }
    free(template->ops);
    free(template);
}

/* The record that holds the last field of the path, NULL when one above it is absent. */
static const void *holder(const struct op *op, const void *value) {
    for (unsigned i = 0; value && i + 1 < op->depth; i++)
        value = op->path[i]->type == TYPE_NEST ? *(void *const *)((const char *)value + op->path[i]->offset) : NULL;
    return value;
}

static const char *text_of(const struct field *field, const void *value) {
    return field->type == TYPE_TEXT || field->type == TYPE_CHOICE
               ? *(const char *const *)((const char *)value + field->offset)
               : NULL;
}

static void run_value(const struct op *op, const void *value, const struct template_frame *frame, struct buffer *to) {
    const struct field *field = op->path[op->depth - 1];
    const void *in = holder(op, value);
    bool absent = !in || !field_present(field, in);
    const char *text = absent ? NULL : text_of(field, in);
    if (absent || (op->text.n && text && !*text)) {
        if (op->text.n)
            buffer_add(to, op->text.at, op->text.n);
        else
            buffer_text(to, "null");
    } else if (op->base && text) {
        buffer_text(to, "\"");
        buffer_text(to, frame->base);
        struct buffer quoted = {0};
        text_to_json(text, &quoted);
        buffer_add(to, quoted.at + 1, quoted.n - 1);
        buffer_free(&quoted);
    } else
        field_to_json(field, in, to);
}

static void add_line(const char *text, size_t n, struct buffer *to) {
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] >= 0x20 && text[i] != 0x7f)
            buffer_add(to, text + i, 1);
}

/* A value as text: a JSON string loses its quotes, everything else is the same. */
static void run_inside(const struct op *op, bool line, const void *value, const struct template_frame *frame,
                       struct buffer *to) {
    const struct field *field = op->path[op->depth - 1];
    const void *in = holder(op, value);
    if (!in || !field_present(field, in))
        return;
    if (op->base)
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
    const struct field *field = op->path[op->depth - 1];
    const void *in = holder(op, value);
    const struct list *list = in ? (const void *)((const char *)in + field->offset) : NULL;
    size_t bytes = field->record()->about->bytes;
    buffer_text(to, "[");
    for (size_t i = 0; list && i < list->n; i++) {
        if (i)
            buffer_text(to, ",");
        template_run(op->inner, (const char *)list->at + i * bytes, frame, to);
    }
    buffer_text(to, "]");
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
        }
    }
}
