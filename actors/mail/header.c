#include <string.h>
#include <time.h>

#include "actors/mail/mail.h"

enum { WORD_BYTES = 42 /* 56 letters of base64, so that an encoded word stays below its 75 */ };

static bool is_atom(unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* No address that arrives here may end its header or begin another one. */
bool address_plain(const char *address) {
    const char *at = strrchr(address, '@');
    if (!at || at == address || !at[1])
        return false;
    for (const unsigned char *c = (const unsigned char *)address; *c; c++)
        if (*c <= ' ' || *c == 0x7f || strchr("<>()[],;:\\\"", *c))
            return false;
    return strchr(address, '@') == at;
}

int address_split(const char *text, struct arena *arena, const char **name, const char **address) {
    const char *open = strrchr(text, '<');
    if (open) {
        size_t n = strlen(open), before = (size_t)(open - text);
        if (open[n - 1] != '>')
            return -1;
        while (before && text[before - 1] == ' ')
            before--;
        bool quoted = before >= 2 && text[0] == '"' && text[before - 1] == '"';
        *name = arena_copy(arena, text + quoted, before - 2 * quoted);
        *address = arena_copy(arena, open + 1, n - 2);
    } else {
        *name = "";
        *address = arena_text(arena, text);
    }
    return *name && *address && address_plain(*address) ? 0 : -1;
}

static bool is_ascii(const char *text) {
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c < ' ' || *c > '~')
            return false;
    return !strstr(text, "=?");
}

/* Bytes of the longest piece that ends between characters. */
static size_t piece(const char *text) {
    size_t n = strnlen(text, WORD_BYTES);
    while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    return n;
}

/* RFC 2047. Control characters would be shown as they are, so they become spaces. */
static void encoded_words(const char *text, struct buffer *to) {
    for (size_t n; (n = piece(text)); text += n) {
        char clean[WORD_BYTES];
        for (size_t i = 0; i < n; i++)
            clean[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? ' ' : text[i];
        buffer_text(to, "=?UTF-8?B?");
        base64(clean, n, false, to);
        buffer_text(to, text[n] ? "?=\r\n " : "?=");
    }
}

void header_words(const char *text, struct buffer *to) {
    if (is_ascii(text))
        buffer_text(to, text);
    else
        encoded_words(text, to);
}

void header_phrase(const char *text, struct buffer *to) {
    bool atoms = true;
    for (const char *c = text; *c && atoms; c++)
        atoms = is_atom((unsigned char)*c) || *c == ' ';
    if (!is_ascii(text)) {
        encoded_words(text, to);
        return;
    }
    if (!atoms)
        buffer_text(to, "\"");
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            buffer_text(to, "\\");
        buffer_add(to, c, 1);
    }
    if (!atoms)
        buffer_text(to, "\"");
}

void header_date(int64_t ms, struct buffer *to) {
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = ms / 1000;
    struct tm at;
    if (gmtime_r(&seconds, &at))
        buffer_print(to, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[at.tm_wday], at.tm_mday, months[at.tm_mon],
                     at.tm_year + 1900, at.tm_hour, at.tm_min, at.tm_sec);
}

void header_event(const char *event, struct buffer *to) {
    for (const unsigned char *c = (const unsigned char *)event; *c; c++) {
        bool plain = is_atom(*c) && *c != '=';
        if (plain)
            buffer_add(to, c, 1);
        else
            buffer_print(to, "=%02x", *c);
    }
}
