#include <string.h>

#include "actors/transcode/transcode.h"

/* Who works on a piece of it notices at the next renewal of the lease, and removes what it wrote meanwhile. */
enum status transcode_job_cancel(struct call *call) {
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    const struct by_id *ask = call->ask;
    rows_free(call_run(call, Q_tasks_lock, NULL));
    struct rows *rows = call->status == OK ? call_run(call, Q_job_lock, NULL) : NULL;
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0;
    const char *state = arena_text(call->arena, rows_text(rows, 0, "state"));
    const char *folder = arena_text(call->arena, rows_text(rows, 0, "folder"));
    rows_free(rows);
    if (!found)
        return NOT_FOUND;
    if (!state || !folder)
        return INTERNAL;
    if (!strcmp(state, "cancelled"))
        return call_fetch(call, Q_job_show, NULL);
    if (strcmp(state, "pending") && strcmp(state, "processing"))
        return call_refuse(call, CONFLICT, "job-ended", "This film's processing has ended already.");
    if (call_do(call, Q_job_cancel, NULL) != OK)
        return call->status;
    call->posted++;
    if (news_post(call->db, call->arena, ask->id) != OK || call_fetch(call, Q_job_show, NULL) != OK)
        return INTERNAL;
    leftover_delete(folder);
    return OK;
}
