#include <stdio.h>
#include <string.h>

#include "actors/mail/mail.h"
#include "protocol/node/config.h"

/* What letters say. {greeting}, {link} and {hours} are filled in. */
static const struct {
    const char *kind;
    struct wording wording;
} wordings[] = {
    {"activation",
     {.subject = "Confirm your email",
      .text = "{greeting}\n"
              "\n"
              "thank you for registering. Please confirm your e-mail address by opening this link:\n"
              "\n"
              "{link}\n"
              "\n"
              "The link is good for {hours} hours. If you did not create an account, ignore this message: nothing "
              "happens.\n",
      .html =
          "<!DOCTYPE html>\n"
          "<html lang=\"en\">\n"
          "<head><meta charset=\"utf-8\"><title>Confirm your email</title></head>\n"
          "<body style=\"font-family:sans-serif;line-height:1.5;color:#222\">\n"
          "<p>{greeting}</p>\n"
          "<p>thank you for registering. Please confirm your e-mail address:</p>\n"
          "<p><a href=\"{link}\" style=\"display:inline-block;padding:10px 20px;border-radius:6px;background:#2e3edf;"
          "color:#fff;text-decoration:none\">Activate account</a></p>\n"
          "<p>If the button does not work, copy this address into your browser:<br>{link}</p>\n"
          "<p>The link is good for {hours} hours. If you did not create an account, ignore this message: nothing "
          "happens.</p>\n"
          "</body>\n"
          "</html>\n"}},
};

/* Where links of a dialect lead. {front}, {uid} and {token} are filled in. */
static const struct {
    const char *dialect, *kind, *link;
    bool by_address; /* greets by the address and not by the name */
} links[] = {
    {"v1", "activation", "{front}/activate?token={token}", false},
    {"videoflix_hls", "activation", "{front}/pages/auth/activate.html?uid={uid}&token={token}", true},
};

const struct wording *wording_find(const char *kind) {
    for (size_t i = 0; i < sizeof wordings / sizeof *wordings; i++)
        if (!strcmp(wordings[i].kind, kind))
            return &wordings[i].wording;
    return NULL;
}

static int find_link(const struct post *post) {
    for (int i = 0; i < (int)(sizeof links / sizeof *links); i++)
        if (!strcmp(links[i].dialect, post->dialect) && !strcmp(links[i].kind, post->kind))
            return i;
    return -1;
}

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

static void fill_front(const struct post *post, struct buffer *to) {
    (void)post;
    const char *front = config()->front_url;
    size_t n = strlen(front);
    while (n && front[n - 1] == '/')
        n--;
    buffer_add(to, front, n);
}

static void fill_uid(const struct post *post, struct buffer *to) {
    char decimal[24];
    int n = snprintf(decimal, sizeof decimal, "%lld", (long long)post->account_id);
    base64(decimal, (size_t)n, true, to);
}

static void fill_token(const struct post *post, struct buffer *to) {
    put_token(post->token, to);
}

static void fill_hours(const struct post *post, struct buffer *to) {
    (void)post;
    buffer_print(to, "%lld", (long long)((config()->activation_seconds + 1800) / 3600));
}

/* Whoever registers chooses the name, and somebody else may read it: nothing that looks like a link or a second line.
 */
static bool name_fit(const char *name) {
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        if (*c < ' ' || *c == 0x7f || strchr(":/@<>", *c))
            return false;
    return *name;
}

static void fill_greeting(const struct post *post, struct buffer *to) {
    int i = find_link(post);
    if (i >= 0 && links[i].by_address)
        buffer_print(to, "Dear %s,", post->address);
    else
        buffer_print(to, "Hello %s,", name_fit(post->name) ? post->name : post->address);
}

static int fill(const char *pattern, const struct post *post, bool html, struct buffer *to);

static void fill_link(const struct post *post, struct buffer *to) {
    fill(links[find_link(post)].link, post, false, to);
}

static const struct {
    const char *name;
    place_fill *fill;
} places[] = {
    {"front", fill_front}, {"uid", fill_uid},           {"token", fill_token},
    {"hours", fill_hours}, {"greeting", fill_greeting}, {"link", fill_link},
};

static place_fill *find_place(const char *name, size_t n) {
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (strlen(places[i].name) == n && !memcmp(places[i].name, name, n))
            return places[i].fill;
    return NULL;
}

static int fill(const char *pattern, const struct post *post, bool html, struct buffer *to) {
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

int wording_fill(const char *pattern, const struct post *post, bool html, struct buffer *to) {
    return find_link(post) < 0 || !post->token ? -1 : fill(pattern, post, html, to);
}
