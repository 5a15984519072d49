#include <string.h>

#include "actors/content/content.h"

struct known {
    bool found, newer, waits, card_changes;
};

/* A film that can be watched is not hidden by a newer one that is still being made, or that failed. */
static bool must_wait(const struct rows *rows, const struct processing_news *ask) {
    const char *state = rows_text(rows, 0, "state");
    bool watchable = rows_bool(rows, 0, "playable") && (!strcmp(state, "ready") || !strcmp(state, "processing"));
    return watchable && rows_int(rows, 0, "asset_id") < ask->asset_id && strcmp(ask->state, "ready");
}

/* What the news change, with the title locked: two workers may hold two news of one film. */
static enum status compare(struct call *call, struct known *known) {
    const struct processing_news *ask = call->ask;
    struct rows *rows = call_run(call, Q_title_lock, ARGS(ARG_INT("id", ask->title_id)));
    if (!rows)
        return call->status;
    known->found = rows_count(rows) > 0;
    int64_t asset_id = rows_int(rows, 0, "asset_id");
    bool same_film = asset_id == ask->asset_id;
    known->newer =
        known->found && (asset_id < ask->asset_id || (same_film && rows_int(rows, 0, "sequence") < ask->sequence));
    known->waits = known->found && must_wait(rows, ask);
    bool duration_stays = ask->has_duration
                              ? !rows_null(rows, 0, "duration") && rows_real(rows, 0, "duration") == ask->duration
                              : same_film || rows_null(rows, 0, "duration");
    bool had_poster = rows_bool(rows, 0, "poster"), has_poster = ask->poster || (had_poster && same_film);
    known->card_changes = !duration_stays || had_poster != has_poster;
    rows_free(rows);
    return OK;
}

enum status content_processed(struct call *call) {
    const struct processing_news *ask = call->ask;
    struct known known = {0};
    if (call_needs(call, ROLE_SERVICE) != OK || compare(call, &known) != OK)
        return call->status;
    /* The title was deleted while its film was made: transcode must hear that after what it did meanwhile. */
    if (!known.found)
        return tell_forget(call, ask->title_id);
    if (!known.newer)
        return OK;
    if (known.waits) {
        tell_progress(call, ask);
        return OK;
    }
    const char *renditions = list_to_json(rendition_record(), &ask->renditions, call->arena);
    if (!renditions)
        return INTERNAL;
    if (call_do(call, Q_title_processed, ARGS(ARG_TEXT("renditions", renditions))) != OK)
        return call->status;
    tell_changed(call, ask->title_id);
    tell_progress(call, ask);
    return known.card_changes ? tell_card(call, ask->title_id) : OK;
}
