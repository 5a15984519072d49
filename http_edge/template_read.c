#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_edge/template_parts.h"
#include "protocol/node/config.h"

/* Shapes as text become operations. */

enum { OPS_MAX = 256 };

struct reader {
    struct template *template;
    const char *at;
    char *why;
    bool quoted;
};

static struct template *read_template(const struct record *record, const struct template *around,
                                      enum template_mode mode, const char *text, char why[200]);

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

/* Of the shape's record, or of the nearest one around it that has such a field. */
static const struct field *first_field(const struct template *template, const char *name, unsigned *up) {
    const struct field *field = NULL;
    for (*up = 0; template && !(field = record_field(template->record, name)); template = template->around)
        ++*up;
    return field;
}

/* Reads a.b.c behind the dollar sign. */
static int read_path(struct reader *reader, struct path *path) {
    const struct record *record = reader->template->record;
    for (;;) {
        char name[64];
        size_t n = name_length(reader->at);
        if (n >= sizeof name || path->depth == TEMPLATE_DEPTH)
            return -1;
        memcpy(name, reader->at, n);
        name[n] = 0;
        const struct field *field =
            path->depth ? record_field(record, name) : first_field(reader->template, name, &path->up);
        if (!field) {
            snprintf(reader->why, 200, "%s has no field %s", record->about->name, name);
            return -1;
        }
        path->at[path->depth++] = field;
        record = field->record ? field->record() : NULL;
        reader->at += n;
        if (!record || reader->at[0] != '.' || !name_length(reader->at + 1))
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
    static const enum field_type types[] = {
        [WAY_BASE] = TYPE_TEXT, [WAY_HEX] = TYPE_INT,    [WAY_NAIVE] = TYPE_TIME, [WAY_ADMIN] = TYPE_TEXTS,
        [WAY_WATCH] = TYPE_INT, [WAY_STREAM] = TYPE_INT, [WAY_JOIN] = TYPE_TEXTS, [WAY_COUNT] = TYPE_LIST};
    return way == WAY_PLAIN || types[way] == type;
}

/* Where a shape ends: at the first of `stops` outside its brackets and texts; NULL when there is none. */
static const char *shape_end(const char *at, const char *stops) {
    int depth = 0;
    for (; *at; at++) {
        if (*at == '"') {
            for (at++; *at && *at != '"'; at++)
                at += *at == '\\' && at[1];
            if (!*at)
                return NULL;
        } else if (!depth && strchr(stops, *at))
            return at;
        else
            depth += (*at == '[' || *at == '{') - (*at == ']' || *at == '}');
    }
    return NULL;
}

/* A shape over `record`, up to `end`. */
static struct template *read_shape(struct reader *reader, const struct record *record, const struct template *around,
                                   const char *end) {
    char *text = end && end > reader->at ? strndup(reader->at, (size_t)(end - reader->at)) : NULL;
    struct template *shape = text ? read_template(record, around, TEMPLATE_JSON, text, reader->why) : NULL;
    free(text);
    reader->at = end;
    return shape;
}

/* {one:shape,two:shape,*:shape} behind a text. */
static int read_cases(struct reader *reader, struct op *op) {
    const struct template *own = reader->template;
    enum field_type type = leaf(&op->path)->type;
    if (op->way || (type != TYPE_TEXT && type != TYPE_CHOICE))
        return -1;
    do {
        reader->at += 1 + strspn(reader->at + 1, " \n");
        size_t n = strcspn(reader->at, ":,}\" ");
        if (!n || reader->at[n] != ':')
            return -1;
        struct template_case *cases = realloc(op->cases, (op->cases_n + 1) * sizeof *cases);
        if (!cases)
            return -1;
        op->cases = cases;
        struct template_case *one = &cases[op->cases_n++];
        *one = (struct template_case){.text = strndup(reader->at, n)};
        reader->at += n + 1;
        one->shape = read_shape(reader, own->record, own->around, shape_end(reader->at, ",}"));
        if (!one->text || !one->shape)
            return -1;
    } while (*reader->at == ',');
    reader->at++;
    return 0;
}

static int read_value(struct reader *reader, enum way way) {
    bool braced = reader->at[1] == '{';
    reader->at += 1 + braced;
    bool whole = !name_length(reader->at);
    bool inside = reader->quoted || reader->template->mode == TEMPLATE_LINE;
    struct op *op = add_op(reader->template, whole ? OP_WHOLE : inside ? OP_INSIDE : OP_VALUE);
    if (!op || (whole && (inside || way || braced)) || (inside && way > WAY_BASE))
        return -1;
    op->way = way;
    if (whole)
        return 0;
    if (read_path(reader, &op->path) || !way_fits(way, leaf(&op->path)->type) || (braced && *reader->at++ != '}'))
        return -1;
    if (!inside && *reader->at == '{' && read_cases(reader, op))
        return -1;
    return !inside && read_fallback(reader, op) ? -1 : 0;
}

/* [$list...] or {$list...}; a bool behind a question mark chooses records. */
static int read_each(struct reader *reader) {
    bool members = *reader->at == '{';
    reader->at += 2;
    struct op *op = add_op(reader->template, OP_EACH);
    if (!op || read_path(reader, &op->path))
        return -1;
    const struct field *list = leaf(&op->path);
    if (list->type != TYPE_LIST) {
        snprintf(reader->why, 200, "%s is no list of records", list->name);
        return -1;
    }
    op->members = members;
    if (*reader->at == '?') {
        struct template items = {.record = list->record()};
        struct reader only = {.template = &items, .at = reader->at + 1, .why = reader->why};
        struct path path = {0};
        if (read_path(&only, &path) || path.depth != 1 || leaf(&path)->type != TYPE_BOOL)
            return -1;
        op->only = leaf(&path);
        reader->at = only.at;
    }
    op->inner = read_shape(reader, list->record(), reader->template, shape_end(reader->at, members ? "}" : "]"));
    if (!op->inner)
        return -1;
    reader->at++;
    return 0;
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

/* A word of header lines; -1 when it is none. */
static int read_word(struct reader *reader) {
    char name[64];
    if (!strncmp(reader->at, "@secure", 7)) {
        reader->at += 7;
        return add_op(reader->template, OP_SECURE) ? 0 : -1;
    }
    if (strncmp(reader->at, "@setting.", 9) != 0)
        return -1;
    size_t n = name_length(reader->at + 9);
    snprintf(name, n < sizeof name ? n + 1 : sizeof name, "%s", reader->at + 9);
    const char *const *setting = config_text(name);
    if (!setting) {
        snprintf(reader->why, 200, "there is no setting %s", name);
        return -1;
    }
    reader->at += 9 + n;
    struct op *op = add_op(reader->template, OP_SETTING);
    if (op)
        op->setting = setting;
    return op ? 0 : -1;
}

static int read_next(struct reader *reader) {
    static const char *const ways[] = {
        [WAY_BASE] = "@base$",   [WAY_HEX] = "@hex$",       [WAY_NAIVE] = "@naive$", [WAY_ADMIN] = "@admin$",
        [WAY_WATCH] = "@watch$", [WAY_STREAM] = "@stream$", [WAY_JOIN] = "@join$",   [WAY_COUNT] = "@count$"};
    const char *at = reader->at;
    bool json = reader->template->mode == TEMPLATE_JSON;
    if (*at == '$')
        return read_value(reader, WAY_PLAIN);
    for (enum way way = WAY_BASE; way < WAYS; way++)
        if (!strncmp(at, ways[way], strlen(ways[way]))) {
            reader->at += strlen(ways[way]) - 1;
            return read_value(reader, way);
        }
    if (!json && *at == '@')
        return read_word(reader);
    if (json && !reader->quoted && !strncmp(at, "@user", 5)) {
        reader->at += 5;
        return add_op(reader->template, OP_USER) ? 0 : -1;
    }
    if (json && !reader->quoted && !strncmp(at, "@query.", 7))
        return read_query(reader);
    if (json && !reader->quoted && (at[0] == '[' || at[0] == '{') && at[1] == '$')
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

static struct template *read_template(const struct record *record, const struct template *around,
                                      enum template_mode mode, const char *text, char why[200]) {
    struct template *template = calloc(1, sizeof *template);
    if (!template)
        return NULL;
    *template = (struct template){.record = record, .around = around, .mode = mode};
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

struct template *template_new(const struct record *record, enum template_mode mode, const char *text, char why[200]) {
    return read_template(record, NULL, mode, text, why);
}

void template_free(struct template *template) {
    if (!template)
        return;
    for (size_t i = 0; i < template->count; i++) {
        struct op *op = &template->ops[i];
        for (size_t k = 0; k < op->cases_n; k++) {
            free(op->cases[k].text);
            template_free(op->cases[k].shape);
        }
        free(op->cases);
        buffer_free(&op->text);
        template_free(op->inner);
    }
    free(template->ops);
    free(template);
}
