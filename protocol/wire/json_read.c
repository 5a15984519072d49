#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/wire/json.h"

enum { DEPTH_MAX = 32 };

/* jansson recurses up to 2048 deep; no record of ours goes beyond a few. */
static bool too_deep(const char *text, size_t n) {
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        if (quoted) {
            if (text[i] == '\\')
                i++;
            else if (text[i] == '"')
                quoted = false;
        } else if (text[i] == '"')
            quoted = true;
        else if ((text[i] == '[' || text[i] == '{') && ++depth > DEPTH_MAX)
            return true;
        else if (text[i] == ']' || text[i] == '}')
            depth--;
    }
    return false;
}

json_t *json_parse(const char *text, size_t n, struct fault *fault) {
    if (too_deep(text, n)) {
        fault_set(fault, "JSON is nested deeper than %d", DEPTH_MAX);
        return NULL;
    }
    /* jansson takes a NUL for the end and would not look at what stands behind it. */
    if (memchr(text, 0, n)) {
        fault_set(fault, "JSON: NUL is not allowed");
        return NULL;
    }
    json_error_t error;
    json_t *json = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (!json)
        fault_set(fault, "JSON: %.120s at line %d, column %d", error.text, error.line, error.column);
    return json;
}

static int mistyped(struct fault *fault, const char *wanted) {
    fault_set(fault, "must be %s", wanted);
    return -1;
}

static int set_text(const struct field *field, const char *text, size_t n, struct arena *arena, const char **to,
                    struct fault *fault) {
    if (check_text(field, text, n, fault))
        return -1;
    *to = arena_copy(arena, text, n);
    return *to ? 0 : mistyped(fault, "smaller");
}

static int list_from_json(const struct field *field, const json_t *json, struct arena *arena, struct list *list,
                          struct fault *fault) {
    if (!json_is_array(json))
        return mistyped(fault, "a list");
    size_t n = json_array_size(json);
    if (check_count(field, n, fault))
        return -1;
    size_t bytes = field->type == TYPE_LIST ? field->record()->about->bytes : sizeof(int64_t);
    list->at = arena_alloc(arena, n * bytes);
    if (!list->at)
        return mistyped(fault, "smaller");
    for (size_t i = 0; i < n; i++) {
        const json_t *entry = json_array_get(json, i);
        int bad = 0;
        if (field->type == TYPE_TEXTS)
            bad = !json_is_string(entry) ? mistyped(fault, "a text")
                                         : set_text(field, json_string_value(entry), json_string_length(entry), arena,
                                                    &LIST_AT(*list, const char *, i), fault);
        else if (field->type == TYPE_NUMBERS)
            bad = !json_is_integer(entry) ? mistyped(fault, "an integer") : 0,
            LIST_AT(*list, int64_t, i) = json_integer_value(entry);
        else {
            void *record = record_from_json(field->record(), entry, true, arena, fault);
            bad = !record;
            if (record)
                memcpy((char *)list->at + i * bytes, record, bytes);
        }
        if (bad) {
            fault_in(fault, NULL, i);
            return -1;
        }
    }
    list->n = n;
    return 0;
}

static int value_from_json(const struct field *field, const json_t *json, struct arena *arena, char *value,
                           struct fault *fault) {
    void *at = value + field->offset;
    switch (field->type) {
    case TYPE_BOOL:
        if (!json_is_boolean(json))
            return mistyped(fault, "true or false");
        *(bool *)at = json_is_true(json);
        break;
    case TYPE_INT:
        if (!json_is_integer(json))
            return mistyped(fault, "an integer");
        *(int64_t *)at = json_integer_value(json);
        if (check_number(field, (double)json_integer_value(json), fault))
            return -1;
        break;
    case TYPE_REAL:
        if (!json_is_number(json))
            return mistyped(fault, "a number");
        *(double *)at = json_number_value(json);
        if (check_number(field, json_number_value(json), fault))
            return -1;
        break;
    case TYPE_TIME:
        if (!json_is_string(json) || time_from_text(json_string_value(json), at))
            return mistyped(fault, "a time such as 2026-11-20T08:54:15Z");
        break;
    case TYPE_TEXT:
    case TYPE_CHOICE:
        if (!json_is_string(json))
            return mistyped(fault, "a text");
        return set_text(field, json_string_value(json), json_string_length(json), arena, at, fault);
    case TYPE_BYTES:
        return mistyped(fault, "absent");
    case TYPE_NEST:
        *(void **)at = record_from_json(field->record(), json, true, arena, fault);
        return *(void **)at ? 0 : -1;
    case TYPE_LIST:
    case TYPE_TEXTS:
    case TYPE_NUMBERS:
        return list_from_json(field, json, arena, at, fault);
    }
    *(bool *)(value + field->has) = true;
    return 0;
}

int field_from_json(const struct field *field, const json_t *json, struct arena *arena, void *value,
                    struct fault *fault) {
    if (!json || json_is_null(json))
        return 0;
    int bad = value_from_json(field, json, arena, value, fault);
    if (bad)
        fault_in(fault, field->name, 0);
    return bad;
}

static int number_from_text(const struct field *field, const char *text, char *value, struct fault *fault) {
    char *end;
    errno = 0;
    if (field->type == TYPE_REAL) {
        double number = strtod(text, &end);
        if (end == text || *end || errno || !isfinite(number))
            return mistyped(fault, "a number");
        *(double *)(value + field->offset) = number;
        return check_number(field, number, fault);
    }
    long long number = strtoll(text, &end, 10);
    /* strtoll takes blanks and a plus sign, which no client means. */
    if (end == text || *end || errno || !(*text == '-' || (*text >= '0' && *text <= '9')))
        return mistyped(fault, "an integer");
    *(int64_t *)(value + field->offset) = number;
    return check_number(field, (double)number, fault);
}

int field_from_text(const struct field *field, const char *text, struct arena *arena, void *value,
                    struct fault *fault) {
    char *at = (char *)value + field->offset;
    int bad = 0;
    switch (field->type) {
    case TYPE_TEXT:
    case TYPE_CHOICE:
        bad = set_text(field, text, strlen(text), arena, (const char **)at, fault);
        break;
    case TYPE_INT:
    case TYPE_REAL:
        bad = number_from_text(field, text, value, fault);
        *(bool *)((char *)value + field->has) = !bad;
        break;
    case TYPE_TIME:
        bad = time_from_text(text, (int64_t *)at) ? mistyped(fault, "a time such as 2026-11-20T08:54:15Z") : 0;
        *(bool *)((char *)value + field->has) = !bad;
        break;
    case TYPE_BOOL:
        bad = strcmp(text, "true") && strcmp(text, "false") ? mistyped(fault, "true or false") : 0;
        *(bool *)at = !strcmp(text, "true");
        *(bool *)((char *)value + field->has) = !bad;
        break;
    default:
        bad = mistyped(fault, "in the body");
    }
    if (bad)
        fault_in(fault, field->name, 0);
    return bad;
}

int record_complete(const struct record *record, const void *value, struct fault *fault) {
    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = &record->fields[i];
        if (field->need == NEED_REQUIRED && !field_present(field, value)) {
            fault_set(fault, "is required");
            fault_in(fault, field->name, 0);
            return -1;
        }
    }
    return 0;
}

static int no_strangers(const struct record *record, const json_t *json, struct fault *fault) {
    const char *name;
    json_t *entry;
    json_object_foreach((json_t *)json, name, entry) {
        if (!record_field(record, name)) {
            fault_set(fault, "is not known");
            fault_in(fault, name, 0);
            return -1;
        }
    }
    return 0;
}

void *record_from_json(const struct record *record, const json_t *json, bool strict, struct arena *arena,
                       struct fault *fault) {
    if (!json_is_object(json)) {
        mistyped(fault, "an object");
        return NULL;
    }
    char *value = arena_alloc(arena, record->about->bytes);
    if (!value || (strict && no_strangers(record, json, fault)))
        return NULL;
    for (size_t i = 0; i < record->count; i++)
        if (field_from_json(&record->fields[i], json_object_get(json, record->fields[i].name), arena, value, fault))
            return NULL;
    return record_complete(record, value, fault) ? NULL : value;
}
