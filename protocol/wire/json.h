#ifndef ZOE_WIRE_JSON_H
#define ZOE_WIRE_JSON_H

#include <jansson.h>

#include "protocol/wire/arena.h"
#include "protocol/wire/buffer.h"
#include "protocol/wire/check.h"
#include "protocol/wire/contract.h"

/* Parses a client's JSON: one value, no duplicate keys, nested at most 32 deep. NULL with *fault set; the caller
 * json_decref()s. */
json_t *json_parse(const char *text, size_t n, struct fault *fault);

/* Sets one field of `value` from JSON, or from the text of a path, a query or a header. null counts as absent.
 * 0, or -1 with *fault set (its pointer names the field). */
int field_from_json(const struct field *field, const json_t *json, struct arena *arena, void *value,
                    struct fault *fault);
int field_from_text(const struct field *field, const char *text, struct arena *arena, void *value, struct fault *fault);

/* A record from a JSON object. `strict` refuses names the record does not have. NULL with *fault set. */
void *record_from_json(const struct record *record, const json_t *json, bool strict, struct arena *arena,
                       struct fault *fault);

/* -1 with *fault set when a required field of `value` is absent. */
int record_complete(const struct record *record, const void *value, struct fault *fault);

/* Appends JSON. Absent optional fields are left out, absent nullable ones are null, lists are always there. */
void record_to_json(const struct record *record, const void *value, struct buffer *to);
void field_to_json(const struct field *field, const void *value, struct buffer *to);
void text_to_json(const char *text, struct buffer *to);

/* RFC 3339 in UTC, whole seconds: 2026-11-20T08:54:15Z. */
void time_to_text(int64_t ms, char to[32]);
/* Milliseconds of such a text, offsets allowed; -1 when it is none. */
int time_from_text(const char *text, int64_t *ms);

/* Whether a field has a value in `value`. */
bool field_present(const struct field *field, const void *value);

#endif
