#include "actors/content/content.h"

enum status person_match(struct call *call, const char *match) {
    return match_take(call, call_run(call, Q_person_lock, NULL), match);
}

/* Titles are found by the names of their people, and recommended by them. */
enum status content_person_change(struct call *call) {
    const struct artist_change *ask = call->ask;
    if (call_needs(call, ROLE_ADMIN) != OK || person_match(call, ask->match) != OK ||
        call_fetch(call, Q_person_change, NULL) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_person_titles, NULL);
    if (!rows)
        return call->status;
    const char *ids = ids_of(rows, "title_id", call->arena);
    tell_rows(call, rows, "title_id");
    rows_free(rows);
    return call->status == OK ? keep_up(call, ids) : call->status;
}
