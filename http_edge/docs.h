#ifndef ZOE_EDGE_DOCS_H
#define ZOE_EDGE_DOCS_H

#include <jansson.h>

#include "protocol/wire/buffer.h"

/* Parts of the page that shows a description; all append HTML. */

/* Text, with `code` between backticks. */
void docs_text(struct buffer *to, const char *text);
/* A schema's type in few words: "list of account", "text, at most 100". */
void docs_type(struct buffer *to, const json_t *schema);
/* The members of an object, each with its type and meaning. */
void docs_members(struct buffer *to, const json_t *schema);

/* A value that fits a schema; references are looked up in `document`. The caller json_decref()s it. */
json_t *docs_example(const json_t *document, const char *name, const json_t *schema);
/* A call of an operation as a line of curl. `base`: "http://host:port". */
void docs_curl(struct buffer *to, const json_t *document, const char *base, const char *method, const char *path,
               const json_t *operation);

#endif
