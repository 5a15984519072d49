#ifndef ZOE_EDGE_TEMPLATE_H
#define ZOE_EDGE_TEMPLATE_H

#include "protocol/wire/buffer.h"
#include "protocol/wire/contract.h"

/* Shapes of answers, compiled once at the start and run over records by their descriptions.
 *
 *   $                 the whole record as JSON
 *   $account.id       a field as JSON, null when absent; inside a JSON string: its text
 *   $category|"Drama" the same, with what to say when it is absent or empty
 *   $username|$name   the same, with another field instead of an absent one
 *   $state{none:null,*:"there"}  a text, with shapes that stand for some of its values, or for all others
 *   ${id}             where a letter follows that is not of the name
 *   @base$poster_url  a text with the server's base address before it; null when absent. So with a fallback
 *   @hex$id           a number as 24 hexadecimal digits
 *   @naive$created_at a time without its zone, milliseconds when there are any: 2026-01-28T10:30:00.125
 *   @admin$roles      whether the list has "admin"
 *   @watch$id         a token with which the login may ask for the title's address (TOKEN_WATCH)
 *   @stream$id        an absolute address that plays the title for whoever has it, for some time
 *   @join$genres      texts as one: "Action, Drama"
 *   @count$items      how many there are
 *   @user             the login's account, null for a stranger
 *   @query.q          a part of the query as a text, "" when it is not there
 *   [$items{...}]     a list: the inner shape for each record; names that it has not are those of the record around it
 *   [$items?file...]  the same, only of records whose `file` is true
 *   {$items"$name":1} an object: the inner shape is a member for each record
 *   @secure           in a header line: "; Secure" where cookies ask for it
 *   @setting.cookie_samesite  in a header line: a setting's text; {front} at its beginning is ZOE_FRONT_URL */
struct template;

enum template_mode {
    TEMPLATE_JSON, /* blanks outside strings are dropped */
    TEMPLATE_LINE  /* text all through, for headers: control characters of values are dropped */
};

/* The record that a list's record stands in. */
struct template_around {
    const void *value;
    const struct template_around *around;
};

struct template_frame {
    const char *base; /* "http://host:port" */
    bool secure;
    int64_t user;
    /* Appends a token for a title, or "" when there can be none; `self` goes along. */
    void (*token)(void *self, bool stream, int64_t title, struct buffer *to);
    const char *(*query)(void *self, const char *name);
    void *self;
    const struct template_around *around; /* template_run's own */
};

/* NULL with a sentence in `why` when the text names a field that the record does not have. Lives for ever. */
struct template *template_new(const struct record *record, enum template_mode mode, const char *text, char why[200]);
void template_free(struct template *template);

/* Appends. `value` is a struct of the template's record. */
void template_run(const struct template *template, const void *value, const struct template_frame *frame,
                  struct buffer *to);

#endif
