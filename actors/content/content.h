#ifndef ZOE_ACTORS_CONTENT_H
#define ZOE_ACTORS_CONTENT_H

#include "actors/actor.h"
#include "db/content/queries.h"
#include "protocol/wire/buffer.h"

/* One handler a message. */
enum status content_create(struct call *call);
void content_show(struct call **calls, size_t n);
enum status content_list(struct call *call);
enum status content_change(struct call *call);
enum status content_delete(struct call *call);
enum status content_processed(struct call *call);
enum status content_playable(struct call *call);
enum status content_bulk_change(struct call *call);
enum status content_bulk_delete(struct call *call);
enum status content_home(struct call *call);
enum status content_numbered(struct call *call);
enum status content_search(struct call *call);
enum status content_suggest(struct call *call);
enum status content_similar(struct call *call);
enum status content_import(struct call *call);
enum status content_index(struct call *call);
enum status content_export(struct call *call);
enum status content_watched(struct call *call);
enum status content_labels(struct call *call);
enum status content_pick(struct call *call);
enum status content_picture(struct call *call);
enum status content_seasons(struct call *call);
enum status content_season_put(struct call *call);
enum status content_season_delete(struct call *call);
enum status content_episode_add(struct call *call);
enum status content_credits(struct call *call);
enum status content_credits_put(struct call *call);
enum status content_persons(struct call *call);
enum status content_person(struct call *call);
enum status content_person_add(struct call *call);
enum status content_person_change(struct call *call);
enum status content_person_delete(struct call *call);
enum status content_external(struct call *call);

/* title.c */
/* Fills a title from a row of the view `shown`. 0, or -1 when memory is out. */
int title_fill(const struct rows *rows, size_t row, struct title *title, struct arena *arena);
/* `count` rows from `first` as a list of titles; fewer than `count` when memory is out. */
struct list titles_fill(const struct rows *rows, size_t first, size_t count, struct arena *arena);
/* Fills the reply with title `id`. */
enum status title_reply(struct call *call, int64_t id);
/* OK when there is such a title and the caller may see it: hidden ones are for administrators that ask for `all`. */
enum status title_visible(struct call *call, int64_t id, bool all, int64_t *version);
/* Frees `rows`, of a lock: NOT_FOUND without any, PRECONDITION when the version is none of `match`. */
enum status match_take(struct call *call, struct rows *rows, const char *match);
/* Locks title `id`; NOT_FOUND without one, PRECONDITION when its version is none of `match`. */
enum status title_match(struct call *call, int64_t id, const char *match);
/* What hangs on the title has changed: its version grows. */
enum status title_touch(struct call *call, int64_t id, int64_t *version);
/* episode_add.c: says that the number is taken when that is why a write failed. The call's status. */
enum status episode_conflict(struct call *call);
/* person_change.c: the same of the person `id` that is asked for. */
enum status person_match(struct call *call, const char *match);
/* Whether an administrator asks for hidden titles too. */
bool asks_for_all(const struct call *call, bool all);

/* check.c: what the contract's bounds do not say. */
/* Refuses a name that nobody could read. */
enum status title_name_check(struct call *call, const char *name);
/* Each name in `clear` is one of the `count` fields that can be empty. */
enum status clear_check(struct call *call, const struct list *clear, const char *const *fields, size_t count);
/* What must fit together of a title's source, links and time of showing. `pointer` stands before the fields' names. */
struct title_checked {
    const char *source, *youtube_id, *source_url, *trailer_url;
    bool has_from, has_until;
    int64_t from, until;
};
enum status title_check(struct call *call, const char *pointer, const struct title_checked *checked);
#define TITLE_CHECKED(ask)                                                                                             \
    (&(const struct title_checked){(ask)->source, (ask)->youtube_id, (ask)->source_url, (ask)->trailer_url,            \
                                   (ask)->has_visible_from, (ask)->has_visible_until, (ask)->visible_from,             \
                                   (ask)->visible_until})
/* OK when `match` is NULL, "*" or has `version` among its numbers; else PRECONDITION. */
enum status match_check(struct call *call, const char *match, int64_t version);

/* keep.c: what hangs on titles' texts, in the running transaction. `ids` is an array's literal. */
enum status keep_up(struct call *call, const char *ids);
enum status keep_up_one(struct call *call, int64_t id);
/* The ids of a column of all rows as an array's literal; NULL when memory is out. */
const char *ids_of(const struct rows *rows, const char *column, struct arena *arena);
/* Deletes titles and all that hangs on them. `done`: the ids that were asked for and were there. */
enum status titles_remove(struct call *call, const char *ids, struct list *done);

/* people.c: who made imported titles, as columns for one statement each. */
enum people_column {
    PEOPLE_TITLES,
    PEOPLE_NAMES,
    PEOPLE_NUMBERS,
    PEOPLE_KINDS,
    PEOPLE_JOBS,
    PEOPLE_ROLES,
    PEOPLE_COLUMNS
};
struct people {
    struct buffer columns[PEOPLE_COLUMNS];
    size_t n;
    bool nameless; /* somebody has no number elsewhere */
};
void people_add(struct people *people, int64_t title_id, const struct list *credits);
/* Makes the persons that are new, and the credits of the titles `ids` anew. The call's status. */
enum status people_put(struct call *call, const char *ids, struct people *people);
void people_free(struct people *people);

/* picture.c: pictures that were sent, by the names that transcode gave them. */
/* Refuses what is no name; NULL and empty texts are fine. */
enum status picture_check(struct call *call, const char *field, const char *name);
/* Tells transcode which picture is shown now and which is not any more; NULL: nothing changes, empty: there is none. */
enum status picture_swap(struct call *call, const char *old, const char *name);
/* Lets go of all pictures in a row of titles. */
enum status pictures_let_go(struct call *call, const struct rows *rows, size_t row);
/* What a record's poster, banner and thumbnail bring; `rows`: the title as it was, NULL for a new one. */
struct title_pictures {
    const char *poster, *banner, *thumbnail;
};
enum status pictures_check(struct call *call, const struct title_pictures *pictures);
enum status pictures_swap(struct call *call, const struct rows *rows, const struct title_pictures *pictures);
#define TITLE_PICTURES(ask) (&(const struct title_pictures){(ask)->poster, (ask)->banner, (ask)->thumbnail})

/* place.c: cursors of lists with a key and a number. */
struct place {
    int64_t limit, us, id;
    double real;
    const char *text;
};
/* The place behind which the page of `sort` begins: from `cursor`, or before everything when it is NULL. `limit` 0: the
 * usual 20. */
enum status place_open(struct call *call, const char *sort, int64_t limit, const char *cursor, struct place *place);
/* A cursor, in the arena; NULL when memory is out. `text` for keys that are text, else NULL. */
const char *place_write(struct call *call, const char *sort, double real, const char *text, int64_t id);
#define PLACE_ARGS(place)                                                                                              \
    ARG_INT("key_us", (place).us), ARG_REAL("key_real", (place).real), ARG_TEXT("key_text", (place).text),             \
        ARG_INT("key_id", (place).id), ARG_INT("rows", (place).limit + 1)

/* words.c: what somebody's words mean. */
struct words {
    const char *folded, *names, *words; /* texts of tsqueries; `words` NULL when the question has none */
};
enum status words_read(struct call *call, const char *question, struct words *words);

/* What may be meant when nothing has the words: texts of tsqueries, NULL where there is no such one. */
struct guessed {
    const char *inside;    /* words that have them in them */
    const char *near;      /* instead of words that no title has, the nearest */
    const char *wide;      /* also those that are less near */
    const char *most;      /* of three words or more: all but one of them */
    const char *corrected; /* the nearest words, to be read */
};
/* NOT_FOUND when there is nothing to guess. */
enum status words_guess(struct call *call, const char *question, struct guessed *guessed);

/* tell.c: who else must know. */
/* Posts the title's card to history, in the running transaction. */
enum status tell_card(struct call *call, int64_t id);
/* Those of all titles in an array's literal that are there. */
enum status tell_cards(struct call *call, const char *ids);
/* The cards of all titles in a column, and the edges. */
enum status tell_rows(struct call *call, const struct rows *rows, const char *column);
enum status tell_deleted(struct call *call, int64_t id, int64_t revision);
/* Asks transcode to remove the title's films. */
enum status tell_forget(struct call *call, int64_t id);
/* Edges forget what they keep of it, after the commit. */
void tell_changed(struct call *call, int64_t id);
/* And whoever watches a film being made, how far it is. */
void tell_progress(struct call *call, const struct processing_news *news);

/* json.c: lists of records as JSON, in columns and parameters. */
/* NULL when memory is out. */
const char *list_to_json(const struct record *record, const struct list *list, struct arena *arena);
/* An empty list when the text is none of ours. */
struct list list_from_json(const struct record *record, const char *text, struct arena *arena);

/* upkeep.c: a thread that works out neighbours and counts labels behind the writers. */
int upkeep_start(const struct db_query *queries, unsigned count);
void upkeep_stop(struct actor *actor);

#endif
