#ifndef ZOE_EDGE_TAKE_H
#define ZOE_EDGE_TAKE_H

#include "protocol/wire/json.h"

/* Where the fields of an ask come from, compiled once at the start. Entries are separated by blanks:
 *
 *   *                 every other field from the JSON body by its own name; other names are refused
 *   ~                 the same, other names are ignored and an empty body counts as {}
 *   field=.name       a member of the body
 *   field={name}      a part of the path
 *   field=?name       a part of the query
 *   field=cookie:name a cookie
 *   field=@session    the login's session; @user its account, @agent the User-Agent, @address the client's address,
 *                     @match the versions that If-Match names, @empty an empty text
 *   field='text'      always this
 * A later entry for the same field goes before an earlier one that it finds something for.
 * Before a source: trim: cuts blanks off both ends; base64:, base36: and hex: read a number that is written so (base64
 * of its decimal digits, as Django does), 0 when it is not.
 * most:50: takes a larger number, written as a text, for 50; what is no number stays as it is.
 * A `!` behind an entry refuses the request when there is nothing ("missing") or an empty text ("blank"). */
struct take;

enum take_from { TAKE_BODY, TAKE_PATH, TAKE_QUERY, TAKE_COOKIE, TAKE_HERE, TAKE_CONSTANT };

struct take_source {
    const json_t *json; /* the body, NULL when the route needs none */
    /* The text of a part that is not of the body, NULL when absent. */
    const char *(*text)(void *self, enum take_from from, const char *name);
    void *self;
};

/* NULL with a sentence in `why` when the record has no such field. */
struct take *take_new(const struct record *record, const char *text, char why[200]);
void take_free(struct take *take);

/* The name that the client knows a field by. */
const char *take_name(const struct take *take, const char *field);

/* Whether a part of the query is called so. */
bool take_asks(const struct take *take, const char *name);

/* Whether the route reads a body, and whether an empty one will do. */
bool take_needs_body(const struct take *take);
bool take_needs_no_more(const struct take *take);

/* Whether fields that no entry names are members of the body. */
bool take_has_rest(const struct take *take);

/* An entry, for the description of the API. */
struct take_part {
    const struct field *field; /* of the record */
    enum take_from from;
    const char *name;
    bool wanted;
    bool rewritten; /* a text will do for a number, too */
    int64_t most;   /* larger numbers count as this one; 0: they are refused as the field says */
};

/* Entry `i`; false behind the last. */
bool take_part(const struct take *take, size_t i, struct take_part *part);

enum { TAKE_FAULTS_MAX = 8 };

/* What was wrong, in the order of the entries. `key`: "missing" or "blank" for a `!` entry, "required" for a field of
 * the record that nothing filled, NULL for a value that is not valid. */
struct take_faults {
    struct {
        const char *key;
        struct fault fault;
    } at[TAKE_FAULTS_MAX];
    size_t n, most; /* `most`: how many to look for */
};

/* A struct of the record in `arena`; NULL with at least one fault (none: memory is out). */
void *take_run(const struct take *take, const struct take_source *source, struct arena *arena,
               struct take_faults *faults);

#endif
