#include "actors/content/content.h"

static enum status lock(struct call *call) {
    const struct artist_change *ask = call->ask;
    struct rows *rows = call_run(call, Q_person_lock, NULL);
    if (!rows)
        return call->status;
    if (!rows_count(rows))
        call->status = NOT_FOUND;
    else
        match_check(call, ask->match, rows_int(rows, 0, "version"));
    rows_free(rows);
    return call->status;
}

/* Titles are found by the names of their people, and recommended by them. */
enum status content_person_change(struct call *call) {
    if (call_needs(call, ROLE_ADMIN) != OK || lock(call) != OK || call_fetch(call, Q_person_change, NULL) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_person_titles, NULL);
    if (!rows)
        return call->status;
    const char *ids = ids_of(rows, "title_id", call->arena);
    tell_rows(call, rows, "title_id");
    rows_free(rows);
    return call->status == OK ? keep_up(call, ids) : call->status;
}
