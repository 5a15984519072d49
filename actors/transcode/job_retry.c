#include <stdio.h>
#include <string.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"
#include "protocol/node/clock.h"

/* From the beginning, in a folder of its own: whoever has an address of the old files must not see them change. */
static enum status begin(struct call *call, const char *old) {
    const struct by_id *ask = call->ask;
    char folder[64];
    snprintf(folder, sizeof folder, "%.*s-%016llx", (int)strcspn(old, "-"), old, (unsigned long long)random_u64());
    if (call_do(call, Q_job_again, ARGS(ARG_TEXT("folder", folder))) != OK ||
        call_do(call, Q_task_add,
                ARGS(ARG_INT("asset", ask->id), ARG_TEXT("kind", "probe"), ARG_INT("rank", RANK_PROBE),
                     ARG_INT("first", 0), ARG_INT("count", 0), ARG_INT("make", 0))) != OK)
        return call->status;
    call->posted++;
    if (news_post(call->db, call->arena, ask->id) != OK || call_fetch(call, Q_job_show, NULL) != OK)
        return INTERNAL;
    leftover_delete(old);
    bell_ring();
    return OK;
}

enum status transcode_job_retry(struct call *call) {
    char upload[NAME_BYTES];
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_job_lock, NULL);
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0;
    const char *state = arena_text(call->arena, rows_text(rows, 0, "state"));
    const char *folder = arena_text(call->arena, rows_text(rows, 0, "folder"));
    bool unjoined = rows_bool(rows, 0, "unjoined");
    snprintf(upload, sizeof upload, "uploads/%s", rows_text(rows, 0, "upload_id"));
    rows_free(rows);
    if (!found)
        return NOT_FOUND;
    if (!state || !folder)
        return INTERNAL;
    if (!strcmp(state, "pending") || !strcmp(state, "processing"))
        return call_fetch(call, Q_job_show, NULL);
    if (strcmp(state, "error") && strcmp(state, "cancelled"))
        return call_refuse(call, CONFLICT, "job-ended", "This film needs no other try.");
    if (store_size(upload) < 0 && !unjoined)
        return call_refuse(call, CONFLICT, "upload-gone", "The uploaded file is not there any more.");
    return begin(call, folder);
}
