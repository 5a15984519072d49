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

/* What the items bring, so that no statement runs for nothing. */
struct brought {
    bool episodes, others, seasons;
};

static struct brought brought_by(const struct import_batch *ask) {
    struct brought brought = {0};
    for (size_t i = 0; i < ask->items.n; i++) {
        const struct import_title *item = &LIST_AT(ask->items, struct import_title, i);
        bool episode = item->kind && !strcmp(item->kind, "episode");
        brought.episodes |= episode;
        brought.others |= !episode;
        brought.seasons |= item->seasons.n > 0;
    }
    return brought;
}

/* The item that a title was made of: of several the last. */
static const struct import_title *item_of(const struct import_batch *ask, const char *external_id) {
    for (size_t i = ask->items.n; i-- > 0;)
        if (!strcmp(LIST_AT(ask->items, struct import_title, i).external_id, external_id))
            return &LIST_AT(ask->items, struct import_title, i);
    return NULL;
}

/* Makes or changes titles, the episodes or all others; adds those that differ to `ids`, and who made them to `people`.
 */
static enum status put_titles(struct call *call, const char *items, bool below, struct list *ids,
                              struct people *people) {
    struct import_done *reply = call->reply;
    struct rows *rows = call_run(call, Q_import_titles, ARGS(ARG_TEXT("items", items), ARG_BOOL("below", below)));
    if (!rows)
        return call->status == INVALID && !call->problem
                   ? call_invalid(call, "/items", below ? "an episode has no series" : "does not fit together")
                   : call->status;
    for (size_t i = 0; i < rows_count(rows); i++) {
        const struct import_title *item = item_of(call->ask, rows_text(rows, i, "external_id"));
        LIST_AT(*ids, int64_t, ids->n++) = rows_int(rows, i, "id");
        if (item)
            people_add(people, rows_int(rows, i, "id"), &item->credits);
        if (rows_bool(rows, i, "added"))
            reply->added++;
        else
            reply->changed++;
    }
    rows_free(rows);
    return OK;
}

static enum status put_seasons(struct call *call, const struct brought *brought, const char *items, const char *ids) {
    if (brought->seasons && call_do(call, Q_import_seasons, ARGS(ARG_TEXT("items", items), ARG_TEXT("ids", ids))) != OK)
        return call->status;
    return brought->episodes ? call_do(call, Q_import_episode_seasons, ARGS(ARG_TEXT("ids", ids))) : OK;
}

/* Everything that the titles say themselves is there at once; what is worked out of it follows, while the next batch
 * comes in. */
static enum status put_all(struct call *call, const char *items) {
    const struct import_batch *ask = call->ask;
    struct import_done *reply = call->reply;
    struct import_index index = {.ids = {arena_alloc(call->arena, ask->items.n * sizeof(int64_t) + 1), 0}};
    if (!index.ids.at)
        return INTERNAL;
    struct brought brought = brought_by(ask);
    struct people people = {0};
    if ((brought.others && put_titles(call, items, false, &index.ids, &people) != OK) ||
        (brought.episodes && put_titles(call, items, true, &index.ids, &people) != OK)) {
        people_free(&people);
        return call->status;
    }
    reply->same = (int64_t)(ask->items.n - index.ids.n);
    const char *ids = array_write(&index.ids, TYPE_NUMBERS, call->arena);
    if (index.ids.n && ids)
        people_put(call, ids, &people);
    people_free(&people);
    if (!index.ids.n || !ids || call->status != OK)
        return ids ? call->status : INTERNAL;
    for (size_t i = 0; i < index.ids.n; i++)
        tell_changed(call, LIST_AT(index.ids, int64_t, i));
    return put_seasons(call, &brought, items, ids) == OK ? call_post(call, MSG_content_index, &index) : call->status;
}

static enum status count_waiting(struct call *call) {
    struct import_done *reply = call->reply;
    struct rows *rows = call_run(call, Q_import_waiting, ARGS(ARG_INT("message", MSG_content_index)));
    reply->waiting = rows ? rows_int(rows, 0, "waiting") : 0;
    rows_free(rows);
    return call->status;
}

enum status content_import(struct call *call) {
    const struct import_batch *ask = call->ask;
    struct import_done *reply = call->reply;
    reply->has_added = reply->has_changed = reply->has_same = reply->has_waiting = true;
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    for (size_t i = 0; i < ask->items.n; i++)
        if (check(call, &LIST_AT(ask->items, struct import_title, i), i) != OK)
            return call->status;
    const char *items = ask->items.n ? list_to_json(import_title_record(), &ask->items, call->arena) : NULL;
    if (ask->items.n && !items)
        return INTERNAL;
    if (items) {
        enum status status = put_all(call, items);
        if (status != OK)
            return status;
    }
    return count_waiting(call);
}
