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
enum status mail_notifications(struct call *call);
enum status mail_unread(struct call *call);
enum status mail_read(struct call *call);
enum status mail_read_all(struct call *call);
enum status mail_preferences(struct call *call);
enum status mail_prefer(struct call *call);
enum status mail_export(struct call *call);
enum status mail_state(struct call *call);

/* A letter as the queue keeps it; texts belong to an arena. */
struct post {
    int64_t id, account_id, attempts, created_ms;
    const char *event, *kind, *address, *name, *token, *dialect, *detail;
};

/* template.c: what a kind of letter says. */
struct wording {
    const char *kind, *subject, *text, *html; /* with {greeting}, {link}, {hours}, {detail}, {when} */
    bool link;                                /* useless without its link: always a letter, never a notification */
    bool security;                            /* always a letter, whatever the reader chose */
    const char *notice;                       /* text of the notification, with the same places but {greeting} */
};
/* NULL when there is no such kind. */
const struct wording *wording_find(const char *kind);
/* By place, NULL behind the last. */
const struct wording *wording_at(size_t i);
/* The subject, which a dialect may have in its own words. */
const char *wording_subject(const struct wording *wording, const char *dialect);
/* How letters of a dialect begin, with {name} or {address}. */
const char *wording_greeting(const char *dialect);
/* Fills the places of `pattern`; `html` escapes what is filled in. -1 when a link is wanted that cannot be made. */
int wording_fill(const struct wording *wording, const char *pattern, const struct post *post, bool html,
                 struct buffer *to);

/* notices.c: what readers see in the app. */
enum { NOTICES_MOST = 500 /* of an account; the oldest make room */ };
/* OK for a caller who is logged in. */
enum status caller_needed(struct call *call);
/* The notification that goes with a letter: its text in the arena, NULL when there is none of this kind. */
const char *notice_text(const struct wording *wording, const struct letter *letter, struct arena *arena);
/* The ways that may be chosen for a kind, ended by NULL; the first one is that of whoever chose nothing. */
const char *const *notice_ways(const struct wording *wording);
/* Every kind with the caller's way; .at is NULL with call->status set on failure. */
struct list notice_preferences(struct call *call);
/* Tells the edges, once the work is committed, that the account's notifications are others now. */
void notice_event(struct call *call, int64_t account_id);

/* places.c: {name} in a text. */
/* -1 when there is a place that nobody can fill. */
int places_fill(const char *pattern, const struct post *post, bool html, struct buffer *to);
/* Ends the process with status 78 when a setting's link cannot be filled. */
void links_check(void);

/* links.c */
/* The pattern of the link, NULL when letters of this kind have none. */
const char *link_find(const char *dialect, const char *kind);
/* The pattern of row `i` and the setting it comes from; NULL after the last. */
const char *link_at(size_t i, const char **setting);

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
    /* Nothing is due: connections are given up. May be NULL. */
    void (*rest)(void);
};
/* The transport of the settings, opened; ends the process with status 78 when there is none. */
const struct transport *transport_open(void);
/* folder.c: a file a letter, ID-KIND.eml. */
int folder_open(const char *url, const char **why);
enum outcome folder_deliver(const struct post *post, const struct buffer *letter, char why[200]);

/* smtp.c: to a mail server, through libcurl. */
int smtp_open(const char *url, const char **why);
enum outcome smtp_deliver(const struct post *post, const struct buffer *letter, char why[200]);
void smtp_rest(void);

/* sender.c: the thread that sends what is due. */
int sender_start(const struct db_query *queries, unsigned count);
void sender_stop(void);
/* There is a new letter. */
void sender_wake(void);
/* How long to wait after the failure of attempt `attempts` (1 is the first). */
int64_t sender_back_off_ms(int64_t attempts);

#endif
