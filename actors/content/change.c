#include <string.h>

#include "actors/content/content.h"

static bool clears(const struct title_change *ask, const char *field) {
    for (size_t i = 0; i < ask->clear.n; i++)
        if (!strcmp(LIST_AT(ask->clear, const char *, i), field))
            return true;
    return false;
}

/* Fields that can be empty. */
static enum status clear_fits(struct call *call, const struct title_change *ask) {
    static const char *const fields[] = {
        "description",        "category",     "categories",    "youtube_id", "source_url", "trailer_url", "year",
        "language",           "rating",       "age_rating",    "duration",   "genres",     "tags",        "keywords",
        "alternative_titles", "visible_from", "visible_until", "external_id"};
    return clear_check(call, &ask->clear, fields, sizeof fields / sizeof *fields);
}

/* The value after the change: NULL when it is cleared. */
static const char *after(struct call *call, const struct rows *rows, const char *field, const char *given) {
    if (clears(call->ask, field))
        return NULL;
    return given ? given : rows_null(rows, 0, field) ? NULL : arena_text(call->arena, rows_text(rows, 0, field));
}

/* When it is shown after the change. */
static void window_after(const struct title_change *ask, const struct rows *rows, struct title_checked *checked) {
    if (!ask->has_visible_from && !clears(ask, "visible_from") && !rows_null(rows, 0, "visible_from")) {
        checked->has_from = true;
        checked->from = rows_int(rows, 0, "visible_from");
    }
    if (!ask->has_visible_until && !clears(ask, "visible_until") && !rows_null(rows, 0, "visible_until")) {
        checked->has_until = true;
        checked->until = rows_int(rows, 0, "visible_until");
    }
}

static enum status fits(struct call *call, const struct rows *rows) {
    const struct title_change *ask = call->ask;
    bool episode = !strcmp(rows_text(rows, 0, "kind"), "episode");
    if (ask->kind && episode)
        return call_invalid(call, "/kind", "of an episode stays");
    if (ask->has_season && !episode)
        return call_invalid(call, "/season", "is of episodes only");
    if (ask->has_episode && !episode)
        return call_invalid(call, "/episode", "is of episodes only");
    if (ask->kind && rows_bool(rows, 0, "has_episodes") && strcmp(ask->kind, "series") != 0)
        return call_invalid(call, "/kind", "of a series with episodes stays");
    struct title_checked checked = *TITLE_CHECKED(ask);
    window_after(ask, rows, &checked);
    checked.source = after(call, rows, "source", ask->source);
    checked.youtube_id = after(call, rows, "youtube_id", ask->youtube_id);
    checked.source_url = after(call, rows, "source_url", ask->source_url);
    return title_check(call, "", &checked);
}

static enum status lock(struct call *call) {
    const struct title_change *ask = call->ask;
    struct rows *rows = call_run(call, Q_title_lock, NULL);
    if (!rows)
        return call->status;
    if (!rows_count(rows))
        call->status = NOT_FOUND;
    else if (match_check(call, ask->match, rows_int(rows, 0, "version")) == OK && fits(call, rows) == OK)
        pictures_swap(call, rows, TITLE_PICTURES(ask));
    /* A series shows its episodes, in seasons that are there. */
    int64_t series = call->status == OK && !rows_null(rows, 0, "parent_id") ? rows_int(rows, 0, "parent_id") : 0;
    rows_free(rows);
    if (series)
        tell_changed(call, series);
    if (series && ask->has_season)
        call_do(call, Q_season_make, ARGS(ARG_INT("parent_id", series)));
    return call->status;
}

enum status content_change(struct call *call) {
    const struct title_change *ask = call->ask;
    if (call_needs(call, ROLE_ADMIN) != OK || (ask->title && title_name_check(call, ask->title) != OK) ||
        clear_fits(call, ask) != OK || pictures_check(call, TITLE_PICTURES(ask)) != OK || lock(call) != OK)
        return call->status;
    if (call_do(call, Q_title_change, NULL) != OK)
        return episode_conflict(call);
    if (keep_up_one(call, ask->id) != OK || tell_card(call, ask->id) != OK)
        return call->status;
    tell_changed(call, ask->id);
    return title_reply(call, ask->id);
}
