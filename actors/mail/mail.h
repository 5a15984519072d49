#ifndef ZOE_ACTORS_MAIL_H
#define ZOE_ACTORS_MAIL_H

#include "actors/actor.h"
#include "db/mail/queries.h"
#include "protocol/wire/buffer.h"

/* One handler a message. */
enum status mail_queue(struct call *call);
enum status mail_forget_account(struct call *call);
enum status mail_list(struct call *call);
enum status mail_show(struct call *call);
enum status mail_retry(struct call *call);
enum status mail_drop(struct call *call);

/* A letter as the queue keeps it; texts belong to an arena. */
struct post {
    int64_t id, account_id, attempts, created_ms;
    const char *event, *kind, *address, *name, *token, *dialect;
};

/* template.c: what a kind of letter says. */
struct wording {
    const char *subject, *text, *html; /* with {greeting}, {link}, {hours} */
};
/* NULL when there is no such kind. */
const struct wording *wording_find(const char *kind);
/* Fills the places of `pattern`; `html` escapes what is filled in. -1 when the dialect has no link for this letter. */
int wording_fill(const char *pattern, const struct post *post, bool html, struct buffer *to);

/* compose.c: the letter as RFC 5322 text, always the same bytes for the same letter. */
/* 0, or -1 with *why set to a constant: the letter can never be written. */
int compose(const struct post *post, const char *from, struct arena *arena, struct buffer *to, const char **why);

/* header.c: what stands in headers (RFC 5322, 2047, 6532). */
/* "Name <address>" or "address" in two parts. -1 when it is no mailbox, or could break out of its header. */
int address_split(const char *text, struct arena *arena, const char **name, const char **address);
bool address_plain(const char *address);
void header_phrase(const char *text, struct buffer *to);
/* Words of any text, encoded when they must be, folded. */
void header_words(const char *text, struct buffer *to);
void header_date(int64_t ms, struct buffer *to);
/* The part of a Message-ID before the @: a dot-atom that differs when the event does. */
void header_event(const char *event, struct buffer *to);

/* encode.c */
void quoted_printable(const char *text, struct buffer *to);
/* `url`: RFC 4648 section 5 without padding. */
void base64(const void *from, size_t n, bool url, struct buffer *to);

/* delivery.c: ways out, by the scheme of ZOE_MAIL_URL. */
enum outcome { DELIVERED, DELIVER_LATER, DELIVER_NEVER };
struct transport {
    const char *scheme;
    int64_t lease_ms; /* longer than any delivery takes */
    /* Before the first delivery; -1 with *why set when the address is of no use. */
    int (*open)(const char *url, const char **why);
    enum outcome (*deliver)(const struct post *post, const struct buffer *letter, char why[200]);
};
/* The transport of the settings, opened; ends the process with status 78 when there is none. */
const struct transport *transport_open(void);
/* folder.c: a file a letter, ID-KIND.eml. */
int folder_open(const char *url, const char **why);
enum outcome folder_deliver(const struct post *post, const struct buffer *letter, char why[200]);

/* sender.c: the thread that sends what is due. */
int sender_start(const struct db_query *queries, unsigned count);
void sender_stop(void);
/* There is a new letter. */
void sender_wake(void);
/* How long to wait after the failure of attempt `attempts` (1 is the first). */
int64_t sender_back_off_ms(int64_t attempts);

#endif
