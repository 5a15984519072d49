#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol/wire/json.h"

bool field_present(const struct field *field, const void *value) {
    const char *at = (const char *)value + field->offset;
    switch (field->type) {
    case TYPE_BOOL:
    case TYPE_INT:
    case TYPE_REAL:
    case TYPE_TIME:
        return *(const bool *)((const char *)value + field->has);
    case TYPE_TEXT:
    case TYPE_CHOICE:
    case TYPE_NEST:
        return *(void *const *)at != NULL;
    case TYPE_BYTES:
        return ((const struct bytes *)at)->at != NULL;
    case TYPE_LIST:
    case TYPE_TEXTS:
    case TYPE_NUMBERS:
        return true;
    }
    return false;
}

void text_to_json(const char *text, struct buffer *to) {
    buffer_add(to, "\"", 1);
    const char *from = text;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buffer_add(to, from, (size_t)(text - from));
        from = text + 1;
        if (c == '"' || c == '\\')
            buffer_print(to, "\\%c", c);
        else if (c == '\n')
            buffer_text(to, "\\n");
        else
            buffer_print(to, "\\u%04x", c);
    }
    buffer_add(to, from, (size_t)(text - from));
    buffer_add(to, "\"", 1);
}

void time_to_text(int64_t ms, char to[32]) {
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    if (!gmtime_r(&seconds, &tm) || !strftime(to, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
        strcpy(to, "1970-01-01T00:00:00Z");
}

int time_from_text(const char *text, int64_t *ms) {
    struct tm tm = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!rest)
        return -1;
    int64_t fraction = 0, unit = 100;
    if (*rest == '.')
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
            fraction += (*rest - '0') * unit;
    int64_t offset = 0;
    if (*rest == '+' || *rest == '-') {
        int hours, minutes, used = 0;
        if (sscanf(rest + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || rest[1 + used] || hours > 23 || minutes > 59)
            return -1;
        offset = (*rest == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    } else if ((*rest != 'Z' && *rest != 'z') || rest[1])
        return -1;
    *ms = ((int64_t)timegm(&tm) - offset) * 1000 + fraction;
    return 0;
}

static void number_to_json(double number, struct buffer *to) {
    if (!isfinite(number)) {
        buffer_text(to, "0");
        return;
    }
    char text[40];
    /* The shortest form that reads back the same. */
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    buffer_text(to, text);
}

static void list_to_json(const struct field *field, const struct list *list, struct buffer *to) {
    buffer_add(to, "[", 1);
    for (size_t i = 0; i < list->n; i++) {
        if (i)
            buffer_add(to, ",", 1);
        if (field->type == TYPE_TEXTS)
            text_to_json(LIST_AT(*list, const char *, i), to);
        else if (field->type == TYPE_NUMBERS)
            buffer_print(to, "%" PRId64, LIST_AT(*list, int64_t, i));
        else
            record_to_json(field->record(), (const char *)list->at + i * field->record()->about->bytes, to);
    }
    buffer_add(to, "]", 1);
}

void field_to_json(const struct field *field, const void *value, struct buffer *to) {
    const void *at = (const char *)value + field->offset;
    if (!field_present(field, value)) {
        buffer_text(to, "null");
        return;
    }
    char time[32];
    switch (field->type) {
    case TYPE_BOOL:
        buffer_text(to, *(const bool *)at ? "true" : "false");
        break;
    case TYPE_INT:
        buffer_print(to, "%" PRId64, *(const int64_t *)at);
        break;
    case TYPE_REAL:
        number_to_json(*(const double *)at, to);
        break;
    case TYPE_TIME:
        time_to_text(*(const int64_t *)at, time);
        buffer_print(to, "\"%s\"", time);
        break;
    case TYPE_TEXT:
    case TYPE_CHOICE:
        text_to_json(*(const char *const *)at, to);
        break;
    case TYPE_BYTES:
        buffer_text(to, "null");
        break;
    case TYPE_NEST:
        record_to_json(field->record(), *(const void *const *)at, to);
        break;
    case TYPE_LIST:
    case TYPE_TEXTS:
    case TYPE_NUMBERS:
        list_to_json(field, at, to);
        break;
    }
}

void record_to_json(const struct record *record, const void *value, struct buffer *to) {
    bool first = true;
    buffer_add(to, "{", 1);
    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = &record->fields[i];
        if (field->type == TYPE_BYTES || (field->need == NEED_OPTIONAL && !field_present(field, value)))
            continue;
        buffer_print(to, "%s\"%s\":", first ? "" : ",", field->name);
        field_to_json(field, value, to);
        first = false;
    }
    buffer_add(to, "}", 1);
}
