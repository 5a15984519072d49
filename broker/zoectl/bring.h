#ifndef ZOE_ZOECTL_BRING_H
#define ZOE_ZOECTL_BRING_H

#include "broker/zoectl/source.h"
#include "broker/zoectl/systems.h"
#include "broker/zoectl/zoectl.h"

/* zoectl import SYSTEM SOURCE: accounts, then titles, then what the accounts watched and marked, then films. What is
 * there already is known by its address or its external id (`veeplay:content:7`) and stays. */

struct tally {
    int64_t added, changed, same, refused;
};

enum { SENT_MAX = 200, EXTERNAL_BYTES = 101 };

struct bring {
    const struct system *system;
    const char *prefix; /* of external ids */
    const char *media;  /* folder of films, or NULL */
    struct source *source;
    bool dry;
    json_t *accounts; /* number here by number there; 0 while it would only be made */
    json_t *titles;   /* the same by external id */
    json_t *films;    /* names of films by external id, of titles that have one */
    json_t *pictures; /* the same of their posters */
    struct tally people, catalogue, past, film, picture;
    struct arena *texts; /* of the rows that are gathered */
    struct zoectl_call call;
    /* The table that is read. */
    const char *table;
    int64_t rows, expected, told_ms;
};

/* The steps. 0, or an exit status. */
int bring_people(struct bring *bring);
int bring_titles(struct bring *bring);
int bring_past(struct bring *bring);
int bring_films(struct bring *bring);
int bring_pictures(struct bring *bring);

/* bring_films.c: what lies below --media. */
/* Names such as videos/a.mp4 and /media/videos/a.mp4; nothing outside the folder. A descriptor, or -1 with errno. */
int media_open(const struct bring *bring, const char *name, int64_t *bytes);
/* A title that came along. NULL when it is not there, or in a dry run; *rc is an exit status then. */
const struct external_title *media_title(struct bring *bring, const char *external, int *rc);
/* Names a title whose file is not there. */
void media_missing(struct tally *tally, const char *external, const char *what, const char *name);

/* bring_row.c */
/* The table that one of these patterns names; NULL when the system has none (`names` NULL), or after a line on stderr.
 */
const char *bring_find(const struct bring *bring, const char *names);
/* Calls each row of the table; `bring` knows it meanwhile. */
int bring_table(struct bring *bring, const char *table, source_each *each, void *self);
/* Reports a row of the present table. */
void bring_fault(struct bring *bring, struct tally *tally, const struct source_row *row, const char *what,
                 const char *why);
void bring_note(const struct bring *bring, const struct source_row *row, const char *what, const char *note);
/* Sends one ask; what cannot be done at the moment is tried again. 0, or an exit status; bring->call has the answer. */
int bring_ask(struct bring *bring, unsigned message, const void *value);

/* The value of the first of `names` that the row has and that is neither null nor an empty text; NULL without one. */
const json_t *row_value(const struct source_row *row, const char *names);
/* As a text in `arena`: numbers as they are written, bytea as its bytes. NULL without one. */
const char *row_text(const struct source_row *row, const char *names, struct arena *arena);
/* Truth values, 0 and 1, texts such as "admin" and "t". */
bool row_true(const struct source_row *row, const char *names);
/* Milliseconds: 0 when it is a time, 1 when there is none, -1 when it is none. */
int row_time(const struct source_row *row, const char *names, int64_t *ms);
/* `prefix:kind:id`; NULL when the value is no number and no text, or too long. */
const char *external_id(struct bring *bring, const char *kind, const json_t *id, char to[EXTERNAL_BYTES]);

#endif
