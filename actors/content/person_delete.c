#include "actors/content/content.h"

enum status content_person_delete(struct call *call) {
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_person_titles, NULL);
    if (!rows)
        return call->status;
    const char *ids = ids_of(rows, "title_id", call->arena);
    struct rows *gone = call_run(call, Q_person_delete, NULL);
    bool found = gone && rows_count(gone);
    rows_free(gone);
    if (found)
        tell_rows(call, rows, "title_id");
    rows_free(rows);
    if (call->status != OK || !found)
        return call->status == OK ? NOT_FOUND : call->status;
    return keep_up(call, ids);
}
