#include "actors/transcode/transcode.h"

/* A running task notices at its next renewal that its asset is gone, and removes what it wrote meanwhile (runner.c). */
enum status transcode_forget(struct call *call) {
    struct rows *assets = call_run(call, Q_assets_of_title, NULL);
    if (!assets)
        return call->status;
    for (size_t i = 0; i < rows_count(assets) && call->status == OK; i++)
        call_do(call, Q_asset_delete, ARGS(ARG_INT("asset", rows_int(assets, i, "id"))));
    struct rows *uploads = call->status == OK ? call_run(call, Q_uploads_of_title, NULL) : NULL;
    if (uploads) {
        for (size_t i = 0; i < rows_count(assets); i++)
            leftover_delete(rows_text(assets, i, "folder"));
        for (size_t i = 0; i < rows_count(uploads); i++)
            upload_remove(call->db, rows_text(uploads, i, "id"));
    }
    rows_free(uploads);
    rows_free(assets);
    return call->status;
}
