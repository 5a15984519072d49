#include "http_edge/base64.h"

#include <stdint.h>

static int digit(unsigned char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int base64_read(const char *text, size_t n, struct buffer *to) {
    uint32_t group = 0;
    size_t digits = 0, padding = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == ' ' || c == '\r' || c == '\n' || c == '\t')
            continue;
        int value = digit(c);
        padding += c == '=';
        if (c != '=' && (value < 0 || padding))
            return -1;
        if (c == '=')
            continue;
        group = group << 6 | (uint32_t)value;
        if (++digits % 4)
            continue;
        buffer_add(to, (uint8_t[]){(uint8_t)(group >> 16), (uint8_t)(group >> 8), (uint8_t)group}, 3);
        group = 0;
    }
    size_t rest = digits % 4;
    if (rest == 1 || padding > 2 || (padding && rest + padding != 4) ||
        (rest && group & ((1u << (rest == 2 ? 4 : 2)) - 1)))
        return -1;
    if (rest)
        buffer_add(to, (uint8_t[]){(uint8_t)(rest == 2 ? group >> 4 : group >> 10), (uint8_t)(group >> 2)}, rest - 1);
    return to->failed ? -1 : 0;
}
