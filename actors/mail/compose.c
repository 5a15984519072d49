#include <string.h>

#include "actors/mail/mail.h"

static void part(const char *type, const char *text, const struct post *post, struct buffer *to) {
    buffer_print(to,
                 "--=_zoe_%lld\r\n"
                 "Content-Type: %s; charset=utf-8\r\n"
                 "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
                 (long long)post->id, type);
    quoted_printable(text, to);
    buffer_text(to, "\r\n");
}

static void headers(const struct post *post, const char *name, const char *address, const char *subject,
                    struct buffer *to) {
    buffer_text(to, "From: ");
    header_phrase(name, to);
    buffer_print(to, "%s<%s>\r\nTo: ", *name ? " " : "", address);
    header_phrase(post->name, to);
    buffer_print(to, "%s<%s>\r\nSubject: ", *post->name ? "\r\n " : "", post->address);
    header_words(subject, to);
    buffer_text(to, "\r\nDate: ");
    header_date(post->created_ms, to);
    buffer_text(to, "\r\nMessage-ID: <");
    header_event(post->event, to);
    /* `=_` cannot stand in quoted-printable, so no text ends its part. */
    buffer_print(to,
                 "%s>\r\n"
                 "Auto-Submitted: auto-generated\r\n"
                 "MIME-Version: 1.0\r\n"
                 "Content-Type: multipart/alternative; boundary=\"=_zoe_%lld\"\r\n\r\n",
                 strrchr(address, '@'), (long long)post->id);
}

static int fill(const struct wording *wording, const struct post *post, struct buffer *text, struct buffer *html) {
    if (wording_fill(wording, wording->text, post, false, text) ||
        wording_fill(wording, wording->html, post, true, html))
        return -1;
    buffer_add(text, "", 1);
    buffer_add(html, "", 1);
    return 0;
}

int compose(const struct post *post, const char *from, struct arena *arena, struct buffer *to, const char **why) {
    const struct wording *wording = wording_find(post->kind);
    const char *name, *address;
    struct buffer text = {0}, html = {0};
    *why = NULL;
    if (!wording)
        *why = "there is no letter of this kind";
    else if (!address_plain(post->address))
        *why = "the address cannot be written";
    else if (address_split(from, arena, &name, &address))
        *why = "the sender's address cannot be written";
    else if (fill(wording, post, &text, &html))
        *why = "the dialect has no link for this letter, or the letter has no token";
    else if (!text.failed && !html.failed) {
        headers(post, name, address, wording_subject(wording, post->dialect), to);
        part("text/plain", text.at, post, to);
        part("text/html", html.at, post, to);
        buffer_print(to, "--=_zoe_%lld--\r\n", (long long)post->id);
    }
    to->failed |= text.failed || html.failed;
    buffer_free(&text);
    buffer_free(&html);
    return *why ? -1 : 0;
}
