#ifndef ZOE_EDGE_TEMPLATE_PARTS_H
#define ZOE_EDGE_TEMPLATE_PARTS_H

#include "http_edge/template.h"

/* What template_read.c compiles and template.c runs. */

enum { TEMPLATE_DEPTH = 4 };

enum op_kind { OP_TEXT, OP_WHOLE, OP_VALUE, OP_INSIDE, OP_EACH, OP_SECURE, OP_SETTING, OP_USER, OP_QUERY };

/* How a value is written when not as its type is. */
enum way { WAY_PLAIN, WAY_BASE, WAY_HEX, WAY_NAIVE, WAY_ADMIN, WAY_WATCH, WAY_STREAM, WAY_JOIN, WAY_COUNT, WAYS };

struct path {
    const struct field *at[TEMPLATE_DEPTH];
    unsigned depth, up; /* `up`: records around the shape's own */
};

/* What to write instead of one text; of any other for "*". */
struct template_case {
    char *text;
    struct template *shape;
};

struct op {
    enum op_kind kind;
    struct buffer text;      /* OP_TEXT: what to write; otherwise: what to write for an absent value */
    struct path path, other; /* `other`: instead of an absent value */
    enum way way;
    struct template_case *cases;
    size_t cases_n;
    struct template *inner;     /* OP_EACH */
    const struct field *only;   /* OP_EACH: only records of which this is true */
    bool members;               /* OP_EACH: the shapes are members of an object */
    const char *const *setting; /* OP_SETTING */
};

struct template {
    const struct record *record;
    const struct template *around; /* the shape that this one stands in, for each record of a list */
    enum template_mode mode;
    struct op *ops;
    size_t count;
};

#endif
