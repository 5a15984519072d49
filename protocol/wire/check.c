#include "protocol/wire/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void fault_set(struct fault *fault, const char *why, ...) {
    va_list args;
    va_start(args, why);
    fault->field[0] = 0;
    vsnprintf(fault->why, sizeof fault->why, why, args);
    va_end(args);
}

void fault_in(struct fault *fault, const char *name, size_t index) {
    char whole[sizeof fault->field];
    int n = name ? snprintf(whole, sizeof whole, "/%s%s", name, fault->field)
                 : snprintf(whole, sizeof whole, "/%zu%s", index, fault->field);
    if (n > 0)
        memcpy(fault->field, whole, sizeof whole);
}

bool text_valid(const char *text, size_t n) {
    const unsigned char *s = (const unsigned char *)text, *end = s + n;
    while (s < end) {
        if (!*s)
            return false;
        if (*s < 0x80) {
            s++;
            continue;
        }
        int more = *s >= 0xf0 ? 3 : *s >= 0xe0 ? 2 : 1;
        if (*s < 0xc2 || *s > 0xf4 || end - s <= more)
            return false;
        /* The second byte excludes overlong forms, surrogates and what lies beyond U+10FFFF. */
        unsigned char low = *s == 0xe0 ? 0xa0 : *s == 0xf0 ? 0x90 : 0x80;
        unsigned char high = *s == 0xed ? 0x9f : *s == 0xf4 ? 0x8f : 0xbf;
        if (s[1] < low || s[1] > high)
            return false;
        for (int i = 2; i <= more; i++)
            if ((s[i] & 0xc0) != 0x80)
                return false;
        s += more + 1;
    }
    return true;
}

int check_number(const struct field *field, double value, struct fault *fault) {
    if (value >= field->min && value <= field->max)
        return 0;
    if (value < field->min)
        fault_set(fault, "must be at least %.17g", field->min);
    else
        fault_set(fault, "must be at most %.17g", field->max);
    return -1;
}

static bool chosen(const char *choices, const char *text, size_t n) {
    for (const char *at = choices; n; at++) {
        size_t length = strcspn(at, "|");
        if (length == n && !memcmp(at, text, n))
            return true;
        at += length;
        if (!*at)
            break;
    }
    return false;
}

int check_text(const struct field *field, const char *text, size_t n, struct fault *fault) {
    if (!text_valid(text, n)) {
        fault_set(fault, "must be UTF-8 without NUL");
        return -1;
    }
    if (field->type == TYPE_CHOICE) {
        if (chosen(field->choices, text, n))
            return 0;
        fault_set(fault, "must be one of %s", field->choices);
        return -1;
    }
    double longest = field->type == TYPE_TEXTS ? (double)field->entry_bytes : field->max;
    double shortest = field->type == TYPE_TEXTS ? 0 : field->min;
    if ((double)n < shortest) {
        if (n)
            fault_set(fault, "must have at least %.0f bytes", shortest);
        else
            fault_set(fault, "must not be empty");
        return -1;
    }
    if ((double)n > longest) {
        fault_set(fault, "must have at most %.0f bytes", longest);
        return -1;
    }
    return 0;
}

int check_count(const struct field *field, size_t n, struct fault *fault) {
    if ((double)n <= field->max)
        return 0;
    fault_set(fault, "must have at most %.0f entries", field->max);
    return -1;
}
