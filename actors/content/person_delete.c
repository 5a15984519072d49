#include "actors/content/content.h"

enum status content_person_delete(struct call *call) {
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_person_titles, NULL);
    if (!rows)
        return call->status;
    const char *ids = ids_of(rows, "title_id", call->arena);
    for (size_t i = 0; i < rows_count(rows); i++)
        tell_changed(call, rows_int(rows, i, "title_id"));
    rows_free(rows);
    if (!(rows = call_run(call, Q_person_delete, NULL)))
        return call->status;
    bool found = rows_count(rows);
    rows_free(rows);
    return found ? keep_up(call, ids) : NOT_FOUND;
}
