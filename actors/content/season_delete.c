#include "actors/content/content.h"

enum status content_season_delete(struct call *call) {
    const struct season_key *ask = call->ask;
    struct list done;
    if (call_needs(call, ROLE_ADMIN) != OK || title_match(call, ask->title_id, ask->match) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_season_delete, NULL);
    bool found = rows && rows_count(rows);
    rows_free(rows);
    if (call->status != OK || !found)
        return call->status == OK ? NOT_FOUND : call->status;
    rows = call_run(call, Q_season_episodes, NULL);
    const char *ids = rows ? ids_of(rows, "id", call->arena) : NULL;
    rows_free(rows);
    if (!ids || titles_remove(call, ids, &done) != OK || call_do(call, Q_title_touch, NULL) != OK)
        return call->status == OK ? INTERNAL : call->status;
    tell_changed(call, ask->title_id);
    return OK;
}
