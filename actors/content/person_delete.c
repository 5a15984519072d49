#include "actors/content/content.h"

enum status content_person_delete(struct call *call) {
    const struct artist_gone_ask *ask = call->ask;
    if (call_needs(call, ROLE_ADMIN) != OK || person_match(call, ask->match) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_person_titles, NULL);
    if (!rows)
        return call->status;
    const char *ids = ids_of(rows, "title_id", call->arena);
    call_do(call, Q_person_delete, NULL);
    if (call->status == OK)
        tell_rows(call, rows, "title_id");
    rows_free(rows);
    return call->status == OK ? keep_up(call, ids) : call->status;
}
