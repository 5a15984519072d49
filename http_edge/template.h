#ifndef ZOE_EDGE_TEMPLATE_H
#define ZOE_EDGE_TEMPLATE_H

#include "protocol/wire/buffer.h"
#include "protocol/wire/contract.h"

/* Shapes of answers, compiled once at the start and run over records by their descriptions.
 *
 *   $                 the whole record as JSON
 *   $account.id       a field as JSON, null when absent; inside a JSON string: its text
 *   $category|"Drama" the same, with what to say when it is absent or empty
 *   @base$poster_url  a text with the server's base address before it; null when absent
 *   [$items{...}]     a list: the inner shape for each record
 *   @secure           in a header line: "; Secure" where cookies ask for it */
struct template;

enum template_mode {
    TEMPLATE_JSON, /* blanks outside strings are dropped */
    TEMPLATE_LINE  /* text all through, for headers: control characters of values are dropped */
};

struct template_frame {
    const char *base; /* "http://host:port" */
    bool secure;
};

/* NULL with a sentence in `why` when the text names a field that the record does not have. Lives for ever. */
struct template *template_new(const struct record *record, enum template_mode mode, const char *text, char why[200]);
void template_free(struct template *template);

/* Appends. `value` is a struct of the template's record. */
void template_run(const struct template *template, const void *value, const struct template_frame *frame,
                  struct buffer *to);

#endif
