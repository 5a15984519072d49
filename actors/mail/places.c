#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "actors/mail/mail.h"
#include "protocol/node/config.h"

/* `text` as it is, or with the characters HTML reads as its own replaced. */
static void put(const char *text, bool html, struct buffer *to) {
    for (; *text; text++) {
        const char *escaped = NULL;
        if (html)
            escaped = *text == '&'   ? "&amp;"
                      : *text == '<' ? "&lt;"
                      : *text == '>' ? "&gt;"
                      : *text == '"' ? "&quot;"
                                     : NULL;
        if (escaped)
            buffer_text(to, escaped);
        else
            buffer_add(to, text, 1);
    }
}

/* The token comes from another process: only what needs no escaping in a URL goes through as it is. */
static void put_token(const char *token, struct buffer *to) {
    for (const unsigned char *c = (const unsigned char *)token; *c; c++) {
        bool plain =
            (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || strchr("-._~", *c);
        if (plain)
            buffer_add(to, c, 1);
        else
            buffer_print(to, "%%%02X", *c);
    }
}

typedef void place_fill(const struct post *post, struct buffer *to);

static void put_base(const char *base, struct buffer *to) {
    size_t n = strlen(base);
    while (n && base[n - 1] == '/')
        n--;
    buffer_add(to, base, n);
}

static void fill_front(const struct post *post, struct buffer *to) {
    (void)post;
    put_base(config()->front_url, to);
}

static void fill_back(const struct post *post, struct buffer *to) {
    (void)post;
    if (*config()->public_url)
        put_base(config()->public_url, to);
    else
        buffer_print(to, "http://%s", config()->listen);
}

static void fill_uid(const struct post *post, struct buffer *to) {
    char decimal[24];
    int n = snprintf(decimal, sizeof decimal, "%lld", (long long)post->account_id);
    base64(decimal, (size_t)n, true, to);
}

/* As Django writes numbers in links. */
static void fill_uid36(const struct post *post, struct buffer *to) {
    char text[16], *at = text + sizeof text - 1;
    uint64_t number = post->account_id > 0 ? (uint64_t)post->account_id : 0;
    *at = 0;
    do
        *--at = "0123456789abcdefghijklmnopqrstuvwxyz"[number % 36];
    while ((number /= 36) && at > text);
    buffer_text(to, at);
}

static void fill_token(const struct post *post, struct buffer *to) {
    put_token(post->token ? post->token : "", to);
}

static void fill_hours(const struct post *post, struct buffer *to) {
    int64_t seconds = strcmp(post->kind, "reset") ? config()->activation_seconds : config()->reset_seconds;
    int64_t hours = (seconds + 1800) / 3600;
    if (hours > 1)
        buffer_print(to, "%lld hours", (long long)hours);
    else if (hours == 1)
        buffer_text(to, "1 hour");
    else
        buffer_print(to, "%lld minutes", (long long)(seconds + 30) / 60);
}

/* Whoever registers chooses the name, and somebody else may read it: nothing that looks like a link or a second line.
 */
static bool name_fit(const char *name) {
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        if (*c < ' ' || *c == 0x7f || strchr(":/@<>", *c))
            return false;
    return *name;
}

static void fill_address(const struct post *post, struct buffer *to) {
    buffer_text(to, post->address);
}

static void fill_name(const struct post *post, struct buffer *to) {
    buffer_text(to, name_fit(post->name) ? post->name : post->address);
}

static void fill_greeting(const struct post *post, struct buffer *to) {
    places_fill(wording_greeting(post->dialect), post, false, to);
}

static void fill_link(const struct post *post, struct buffer *to) {
    const char *link = link_find(post->dialect, post->kind);
    if (link)
        places_fill(link, post, false, to);
}

static void fill_detail(const struct post *post, struct buffer *to) {
    buffer_text(to, post->detail);
}

static void fill_when(const struct post *post, struct buffer *to) {
    header_date(post->created_ms, to);
}

static const struct {
    const char *name;
    place_fill *fill;
} places[] = {
    {"front", fill_front},   {"back", fill_back},   {"uid", fill_uid},           {"uid36", fill_uid36},
    {"token", fill_token},   {"hours", fill_hours}, {"greeting", fill_greeting}, {"link", fill_link},
    {"detail", fill_detail}, {"when", fill_when},   {"name", fill_name},         {"address", fill_address},
};

static place_fill *find_place(const char *name, size_t n) {
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (strlen(places[i].name) == n && !memcmp(places[i].name, name, n))
            return places[i].fill;
    return NULL;
}

int places_fill(const char *pattern, const struct post *post, bool html, struct buffer *to) {
    for (const char *at = pattern; *at;) {
        size_t plain = strcspn(at, "{");
        buffer_add(to, at, plain);
        at += plain;
        if (!*at)
            break;
        size_t n = strcspn(at + 1, "}");
        place_fill *value = find_place(at + 1, n);
        struct buffer filled = {0};
        if (!value)
            return -1;
        value(post, &filled);
        if (filled.n) {
            buffer_add(&filled, "", 1);
            put(filled.failed ? "" : filled.at, html, to);
        }
        to->failed |= filled.failed;
        buffer_free(&filled);
        at += n + 2;
    }
    return 0;
}

static bool link_good(const char *pattern) {
    struct post post = {
        .account_id = 1, .kind = "", .token = "token", .dialect = "", .detail = "", .name = "", .address = ""};
    struct buffer filled = {0};
    static const char *const strange[] = {"{link}", "{greeting}", "{name}", "{address}", "{detail}", "{when}"};
    bool good = strstr(pattern, "{token}") && !places_fill(pattern, &post, false, &filled);
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++)
        good = good && !strstr(pattern, strange[i]);
    buffer_free(&filled);
    return good;
}

void links_check(void) {
    const char *pattern, *setting = NULL;
    for (size_t i = 0; (pattern = link_at(i, &setting)); i++) {
        if (link_good(pattern))
            continue;
        char name[64];
        snprintf(name, sizeof name, "%s", setting);
        for (char *c = name; *c; c++)
            *c = (char)toupper((unsigned char)*c);
        fprintf(stderr, "ZOE_%s: must be a link with {token}; {front}, {back}, {uid}, {uid36} may stand in it\n", name);
        exit(EX_CONFIG);
    }
}
