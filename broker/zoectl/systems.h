#ifndef ZOE_ZOECTL_SYSTEMS_H
#define ZOE_ZOECTL_SYSTEMS_H

#include <stdbool.h>

/* Where the five systems keep what comes along. Tables are patterns for source_table(), columns are names, each list
 * divided by blanks: the first that is there counts. NULL: the system has no such thing. */

struct people_columns {
    const char *table;
    const char *email, *name, *username, *hash, *verified, *admin, *created;
};

struct title_columns {
    const char *table;
    const char *kind; /* the column, for what has several */
    const char *usual_kind;
    const char *title, *description, *category, *genres, *year, *rating, *language, *minutes, *active, *created;
    const char *youtube;
    const char *film;    /* a file below the system's media, or an address */
    const char *picture; /* a file there; an address does not come along */
};

struct season_columns {
    const char *table;
    const char *series, *number, *title, *description;
};

struct episode_columns {
    const char *table;
    const char *season, *series, *season_number; /* of a season, or of a series with the season's number */
    const char *number, *title, *description, *film, *minutes, *created;
};

struct past_columns {
    const char *table;
    const char *list; /* watched, watchlist, favorites */
    const char *user, *title, *episode, *position, *at;
};

enum { PASTS_MAX = 4 };

struct system {
    const char *name;
    struct people_columns people;
    struct title_columns titles;
    struct season_columns seasons;
    struct episode_columns episodes;
    struct past_columns pasts[PASTS_MAX];
};

/* NULL when there is none of this name. */
const struct system *system_find(const char *name);

#endif
