#include "http_edge/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/wire/json.h"

enum { DEPTH = 4, OPS_MAX = 256 };

enum op_kind { OP_TEXT, OP_WHOLE, OP_VALUE, OP_INSIDE, OP_EACH, OP_SECURE, OP_LOGIN, OP_USER, OP_QUERY };

/* How a value is written when not as its type is. */
enum way {
    WAY_PLAIN,
    WAY_BASE,
    WAY_HEX,
    WAY_NAIVE,
    WAY_ADMIN,
    WAY_WATCH,
    WAY_STREAM,
    WAY_JOIN,
    WAY_COUNT,
    WAY_FILES,
    WAYS
};

struct path {
    const struct field *at[DEPTH];
    unsigned depth;
};

struct op {
    enum op_kind kind;
    struct buffer text;      /* OP_TEXT: what to write; otherwise: what to write for an absent value */
    struct path path, other; /* `other`: instead of an absent value */
    enum way way;
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

static const struct field *leaf(const struct path *path) {
    return path->at[path->depth - 1];
}

static size_t name_length(const char *at) {
    size_t n = 0;
    while ((at[n] >= 'a' && at[n] <= 'z') || (n && at[n] >= '0' && at[n] <= '9') || at[n] == '_')
        n++;
    return n;
}

/* Reads a.b.c behind the dollar sign. */
static int read_path(struct reader *reader, struct path *path) {
    const struct record *record = reader->template->record;
    for (;;) {
        char name[64];
        size_t n = name_length(reader->at);
        if (n >= sizeof name || path->depth == DEPTH)
            return -1;
        memcpy(name, reader->at, n);
        name[n] = 0;
        const struct field *field = record ? record_field(record, name) : NULL;
        if (!field) {
            snprintf(reader->why, 200, "%s has no field %s", record ? record->about->name : "this", name);
            return -1;
        }
        path->at[path->depth++] = field;
        record = field->record ? field->record() : NULL;
        reader->at += n;
        if (reader->at[0] != '.' || !name_length(reader->at + 1))
            return 0;
        reader->at++;
    }
}

/* |"text", |literal or |$another.field behind a value. */
static int read_fallback(struct reader *reader, struct op *op) {
    if (*reader->at != '|')
        return 0;
    const char *from = ++reader->at;
    if (*from == '$') {
        reader->at++;
        return read_path(reader, &op->other);
    }
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

/* Only texts have a base address, and so on. */
static bool way_fits(enum way way, enum field_type type) {
    static const enum field_type types[] = {[WAY_BASE] = TYPE_TEXT,   [WAY_HEX] = TYPE_INT,    [WAY_NAIVE] = TYPE_TIME,
                                            [WAY_ADMIN] = TYPE_TEXTS, [WAY_WATCH] = TYPE_INT,  [WAY_STREAM] = TYPE_INT,
                                            [WAY_JOIN] = TYPE_TEXTS,  [WAY_COUNT] = TYPE_LIST, [WAY_FILES] = TYPE_LIST};
    return way == WAY_PLAIN || types[way] == type;
}

static int read_value(struct reader *reader, enum way way) {
    reader->at++;
    bool whole = !name_length(reader->at);
    bool inside = reader->quoted || reader->template->mode == TEMPLATE_LINE;
    struct op *op = add_op(reader->template, whole ? OP_WHOLE : inside ? OP_INSIDE : OP_VALUE);
    if (!op || (whole && (inside || way)) || (inside && way > WAY_BASE))
        return -1;
    op->way = way;
    if (whole)
        return 0;
    if (read_path(reader, &op->path) || !way_fits(way, leaf(&op->path)->type))
        return -1;
    if (way == WAY_FILES && (reader->template->record != title_record() || op->path.depth != 1))
        return -1;
    return !inside && read_fallback(reader, op) ? -1 : 0;
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
    if (!op || !end || read_path(reader, &op->path))
        return -1;
    const struct field *list = leaf(&op->path);
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

static int read_query(struct reader *reader) {
    reader->at += 7;
    size_t n = name_length(reader->at);
    struct op *op = n ? add_op(reader->template, OP_QUERY) : NULL;
    if (!op)
        return -1;
    buffer_add(&op->text, reader->at, n);
    buffer_add(&op->text, "", 1);
    reader->at += n;
    return op->text.failed ? -1 : 0;
}

static int read_next(struct reader *reader) {
    static const char *const ways[] = {[WAY_BASE] = "@base$",   [WAY_HEX] = "@hex$",     [WAY_NAIVE] = "@naive$",
                                       [WAY_ADMIN] = "@admin$", [WAY_WATCH] = "@watch$", [WAY_STREAM] = "@stream$",
                                       [WAY_JOIN] = "@join$",   [WAY_COUNT] = "@count$", [WAY_FILES] = "@files$"};
    static const struct {
        const char *word;
        enum op_kind kind;
    } words[] = {{"@secure", OP_SECURE}, {"@login", OP_LOGIN}};
    const char *at = reader->at;
    bool json = reader->template->mode == TEMPLATE_JSON;
    if (*at == '$')
        return read_value(reader, WAY_PLAIN);
    for (enum way way = WAY_BASE; way < WAYS; way++)
        if (!strncmp(at, ways[way], strlen(ways[way]))) {
            reader->at += strlen(ways[way]) - 1;
            return read_value(reader, way);
        }
    for (size_t i = 0; !json && i < sizeof words / sizeof *words; i++)
        if (!strncmp(at, words[i].word, strlen(words[i].word))) {
            reader->at += strlen(words[i].word);
            return add_op(reader->template, words[i].kind) ? 0 : -1;
        }
    if (json && !reader->quoted && !strncmp(at, "@user", 5)) {
        reader->at += 5;
        return add_op(reader->template, OP_USER) ? 0 : -1;
    }
    if (json && !reader->quoted && !strncmp(at, "@query.", 7))
        return read_query(reader);
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
static const void *holder(const struct path *path, const void *value) {
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

/* The rungs of a title that are there as one file, under names that nobody else's have. */
static void put_files(const struct title *title, struct buffer *to) {
    bool first = true;
    buffer_text(to, "{");
    for (size_t i = 0; i < title->renditions.n; i++) {
        const struct rendition *one = &LIST_AT(title->renditions, struct rendition, i);
        if (!one->file)
            continue;
        buffer_print(to, "%s\"%s\":\"videos/%lld_%s.mp4\"", first ? "" : ",", one->name, (long long)title->id,
                     one->name);
        first = false;
    }
    buffer_text(to, "}");
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
    case WAY_FILES:
        put_files(in, to);
        break;
    case WAYS:
        break;
    }
}

static void run_value(const struct op *op, const void *value, const struct template_frame *frame, struct buffer *to) {
    const struct field *field = leaf(&op->path);
    const void *in = holder(&op->path, value);
    bool absent = !in || !field_present(field, in);
    const char *text = absent ? NULL : text_of(field, in);
    if (absent || (op->text.n && text && !*text)) {
        const void *instead = op->other.depth ? holder(&op->other, value) : NULL;
        if (instead && field_present(leaf(&op->other), instead))
            field_to_json(leaf(&op->other), instead, to);
        else if (op->text.n > 1 && op->way == WAY_BASE && *op->text.at == '"')
            put_based(&op->text, frame, to);
        else if (op->text.n)
            buffer_add(to, op->text.at, op->text.n);
        else
            buffer_text(to, "null");
    } else
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
    const void *in = holder(&op->path, value);
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
    const void *in = holder(&op->path, value);
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
        case OP_LOGIN:
            add_line(frame->login, strlen(frame->login), to);
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
