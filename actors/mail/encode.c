#include <string.h>

#include "actors/mail/mail.h"

enum { LINE_MAX_BYTES = 76 };

/* RFC 2045 section 6.7; lines end with CRLF whatever the text has. */
void quoted_printable(const char *text, struct buffer *to) {
    static const char hex[] = "0123456789ABCDEF";
    size_t column = 0;
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at == '\r' && at[1] == '\n')
            continue;
        if (*at == '\n') {
            buffer_text(to, "\r\n");
            column = 0;
            continue;
        }
        bool ends = !at[1] || at[1] == '\n' || at[1] == '\r';
        bool plain = (*at > 32 && *at < 127 && *at != '=') || ((*at == ' ' || *at == '\t') && !ends);
        size_t bytes = plain ? 1 : 3;
        if (column + bytes > LINE_MAX_BYTES - 1) {
            buffer_text(to, "=\r\n");
            column = 0;
        }
        const char escaped[] = {'=', hex[*at >> 4], hex[*at & 15]};
        buffer_add(to, plain ? (const char *)at : escaped, bytes);
        column += bytes;
    }
}

void base64(const void *from, size_t n, bool url, struct buffer *to) {
    const char *letters = url ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                              : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *at = from;
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i < 3 ? n - i : 3;
        unsigned bits = (unsigned)at[i] << 16 | (left > 1 ? at[i + 1] << 8 : 0) | (left > 2 ? at[i + 2] : 0);
        for (size_t k = 0; k < 4; k++) {
            if (k <= left)
                buffer_add(to, &letters[bits >> (18 - 6 * k) & 63], 1);
            else if (!url)
                buffer_text(to, "=");
        }
    }
}
