#include "http_edge/range.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Digits, at most 18; -1 when there are none or too many. */
static int64_t read_number(const char **at) {
    int64_t number = 0;
    int digits = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++, digits++)
        if (digits < 18)
            number = number * 10 + (**at - '0');
    return digits && digits <= 18 ? number : -1;
}

static void skip_blanks(const char **at) {
    *at += strspn(*at, " \t");
}

enum range_answer range_read(const char *text, uint64_t size, uint64_t *first, uint64_t *count) {
    if (!text || strncasecmp(text, "bytes=", 6) != 0)
        return RANGE_WHOLE;
    const char *at = text + 6;
    skip_blanks(&at);
    bool suffix = *at == '-';
    int64_t from = suffix ? 0 : read_number(&at);
    if (from < 0 || *at++ != '-')
        return RANGE_WHOLE;
    bool open = !(*at >= '0' && *at <= '9');
    int64_t to = open ? -1 : read_number(&at);
    skip_blanks(&at);
    if (*at || (open && suffix) || (!open && to < 0) || (!suffix && !open && to < from))
        return RANGE_WHOLE;
    if (suffix) {
        if (!to || !size)
            return RANGE_OUTSIDE;
        *count = (uint64_t)to < size ? (uint64_t)to : size;
        *first = size - *count;
        return RANGE_PART;
    }
    if ((uint64_t)from >= size)
        return RANGE_OUTSIDE;
    uint64_t last = open || (uint64_t)to >= size ? size - 1 : (uint64_t)to;
    *first = (uint64_t)from;
    *count = last - *first + 1;
    return RANGE_PART;
}
