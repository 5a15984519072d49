#include <stdio.h>
#include <string.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"
#include "protocol/node/clock.h"

enum status upload_make_film(struct call *call, const char *upload, int64_t title) {
    char folder[64];
    snprintf(folder, sizeof folder, "%lld-%016llx", (long long)title, (unsigned long long)random_u64());
    struct rows *rows = call_run(
        call, Q_asset_add, ARGS(ARG_TEXT("folder", folder), ARG_TEXT("upload_id", upload), ARG_INT("title_id", title)));
    if (!rows)
        return call->status;
    int64_t asset = rows_int(rows, 0, "id");
    rows_free(rows);
    if (call_do(call, Q_task_add,
                ARGS(ARG_INT("asset", asset), ARG_TEXT("kind", "probe"), ARG_INT("rank", RANK_PROBE),
                     ARG_INT("first", 0), ARG_INT("count", 0), ARG_INT("make", 0))) != OK)
        return call->status;
    call->posted++;
    call->status = news_post(call->db, call->arena, asset);
    bell_ring();
    return call->status;
}

/* Safe to repeat: a finished upload answers OK again and makes no second film. */
enum status transcode_finish(struct call *call) {
    char name[NAME_BYTES];
    struct rows *rows = call_run(call, Q_upload_lock, NULL);
    if (!rows)
        return call->status;
    if (!rows_count(rows)) {
        rows_free(rows);
        return NOT_FOUND;
    }
    const char *upload = arena_text(call->arena, rows_text(rows, 0, "id"));
    const char *state = arena_text(call->arena, rows_text(rows, 0, "state"));
    int64_t title = rows_int(rows, 0, "title_id"), length = rows_int(rows, 0, "length");
    bool partial = rows_bool(rows, 0, "partial");
    rows_free(rows);
    if (!upload || !state)
        return INTERNAL;
    if (!strcmp(state, "finished"))
        return OK;
    if (strcmp(state, "open"))
        return GONE;
    snprintf(name, sizeof name, "uploads/%s", upload);
    if (store_size(name) != length)
        return call_refuse(call, CONFLICT, "incomplete", "The upload does not have all its bytes yet.");
    if (call_do(call, Q_upload_state, ARGS(ARG_TEXT("state", "finished"))) != OK)
        return call->status;
    return partial ? OK : upload_make_film(call, upload, title);
}
