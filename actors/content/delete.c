#include "actors/content/content.h"

enum status content_delete(struct call *call) {
    const struct by_id *ask = call->ask;
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_title_delete, NULL);
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0;
    int64_t revision = found ? rows_int(rows, 0, "revision") : 0;
    rows_free(rows);
    if (!found)
        return NOT_FOUND;
    if (tell_deleted(call, ask->id, revision) != OK || tell_forget(call, ask->id) != OK)
        return call->status;
    tell_changed(call, ask->id);
    return OK;
}
