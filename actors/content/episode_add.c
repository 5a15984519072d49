#include <string.h>

#include "actors/content/content.h"

enum status episode_conflict(struct call *call) {
    const char *what = db_constraint(call->db);
    if (call->status == CONFLICT && strstr(what, "episodes"))
        return call_refuse(call, CONFLICT, "episode-taken", "The season has an episode of this number.");
    return call->status;
}

enum status content_episode_add(struct call *call) {
    const struct episode_new *ask = call->ask;
    struct title_checked checked = {
        ask->source,           ask->youtube_id,        ask->source_url,   NULL,
        ask->has_visible_from, ask->has_visible_until, ask->visible_from, ask->visible_until};
    if (call_needs(call, ROLE_ADMIN) != OK || title_name_check(call, ask->title) != OK ||
        title_check(call, "", &checked) != OK || pictures_check(call, TITLE_PICTURES(ask)) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_season_make, NULL);
    bool series = rows && rows_count(rows);
    rows_free(rows);
    if (call->status != OK || !series)
        return call->status == OK ? NOT_FOUND : call->status;
    if (!(rows = call_run(call, Q_episode_add, NULL)))
        return episode_conflict(call);
    int64_t id = rows_int(rows, 0, "id");
    rows_free(rows);
    if (pictures_swap(call, NULL, TITLE_PICTURES(ask)) != OK || keep_up_one(call, id) != OK ||
        tell_card(call, id) != OK || call_do(call, Q_title_touch, ARGS(ARG_INT("title_id", ask->parent_id))) != OK)
        return call->status;
    tell_changed(call, ask->parent_id);
    tell_changed(call, id);
    return title_reply(call, id);
}
