#include <string.h>

#include "actors/content/content.h"
#include "db/array.h"

static enum status check(struct call *call, const struct import_title *item, size_t i) {
    const char *pointer = arena_print(call->arena, "/items/%zu", i);
    bool episode = item->kind && !strcmp(item->kind, "episode");
    if (!pointer)
        return INTERNAL;
    if (title_name_check(call, item->title) != OK)
        return call_invalid(call, arena_print(call->arena, "%s/title", pointer), "must not be blank");
    if (episode && (!item->parent || !item->has_season || !item->has_episode))
        return call_invalid(call, arena_print(call->arena, "%s/parent", pointer),
                            "an episode needs parent, season and episode");
    return title_check(call, pointer, TITLE_CHECKED(item));
}

/* Makes or changes titles, the episodes or all others, and adds those that differ to `ids`. */
static enum status put_titles(struct call *call, const char *items, bool below, struct list *ids) {
    struct import_done *reply = call->reply;
    struct rows *rows = call_run(call, Q_import_titles, ARGS(ARG_TEXT("items", items), ARG_BOOL("below", below)));
    if (!rows)
        return call->status == INVALID && !call->problem
                   ? call_invalid(call, "/items", below ? "an episode has no series" : "does not fit together")
                   : call->status;
    for (size_t i = 0; i < rows_count(rows); i++) {
        LIST_AT(*ids, int64_t, ids->n++) = rows_int(rows, i, "id");
        if (rows_bool(rows, i, "added"))
            reply->added++;
        else
            reply->changed++;
    }
    rows_free(rows);
    return OK;
}

static enum status put_people(struct call *call, const char *items, const char *ids) {
    static const unsigned queries[] = {Q_import_persons, Q_import_nameless, Q_import_credits_clear,
                                       Q_import_credits, Q_import_seasons,  Q_import_episode_seasons};
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        if (call_do(call, queries[i], ARGS(ARG_TEXT("items", items), ARG_TEXT("ids", ids))) != OK)
            return call->status;
    return keep_up(call, ids);
}

enum status content_import(struct call *call) {
    const struct import_batch *ask = call->ask;
    struct import_done *reply = call->reply;
    struct list changed = {arena_alloc(call->arena, ask->items.n * sizeof(int64_t) + 1), 0};
    reply->has_added = reply->has_changed = reply->has_same = true;
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    for (size_t i = 0; i < ask->items.n; i++)
        if (check(call, &LIST_AT(ask->items, struct import_title, i), i) != OK)
            return call->status;
    const char *items = list_to_json(import_title_record(), &ask->items, call->arena);
    if (!items || !changed.at)
        return INTERNAL;
    if (put_titles(call, items, false, &changed) != OK || put_titles(call, items, true, &changed) != OK)
        return call->status;
    reply->same = (int64_t)(ask->items.n - changed.n);
    const char *ids = array_write(&changed, TYPE_NUMBERS, call->arena);
    if (!changed.n || !ids)
        return ids ? OK : INTERNAL;
    for (size_t i = 0; i < changed.n; i++) {
        int64_t id = LIST_AT(changed, int64_t, i);
        tell_changed(call, id);
        if (tell_card(call, id) != OK)
            return call->status;
    }
    return put_people(call, items, ids);
}
