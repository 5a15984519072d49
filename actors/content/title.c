#include "actors/content/content.h"
#include "protocol/wire/header.h"

int title_fill(const struct rows *rows, size_t row, struct title *title, struct arena *arena) {
    if (rows_fill(rows, row, title_record(), title, arena))
        return -1;
    title->renditions = list_from_json(rendition_record(), rows_text(rows, row, "renditions"), arena);
    return 0;
}

struct list titles_fill(const struct rows *rows, size_t first, size_t count, struct arena *arena) {
    struct list list = {arena_alloc(arena, count * sizeof(struct title) + 1), 0};
    for (; list.at && list.n < count; list.n++)
        if (title_fill(rows, first + list.n, &LIST_AT(list, struct title, list.n), arena))
            break;
    return list;
}

enum status title_reply(struct call *call, int64_t id) {
    struct rows *rows = call_run(call, Q_title_show, ARGS(ARG_INT("id", id)));
    if (!rows)
        return call->status;
    if (!rows_count(rows))
        call->status = NOT_FOUND;
    else if (title_fill(rows, 0, call->reply, call->arena))
        call->status = INTERNAL;
    rows_free(rows);
    return call->status;
}

bool asks_for_all(const struct call *call, bool all) {
    return all && call->header.roles & ROLE_ADMIN;
}

enum status title_visible(struct call *call, int64_t id, bool all, int64_t *version) {
    struct rows *rows = call_run(call, Q_title_there, ARGS(ARG_INT("id", id)));
    if (!rows)
        return call->status;
    bool there = rows_count(rows) && (asks_for_all(call, all) || rows_bool(rows, 0, "visible"));
    *version = there ? rows_int(rows, 0, "version") : 0;
    rows_free(rows);
    return call->status = there ? OK : NOT_FOUND;
}

enum status title_touch(struct call *call, int64_t id, int64_t *version) {
    struct rows *rows = call_run(call, Q_title_touch, ARGS(ARG_INT("title_id", id)));
    *version = rows && rows_count(rows) ? rows_int(rows, 0, "version") : 0;
    rows_free(rows);
    return call->status;
}

enum status match_take(struct call *call, struct rows *rows, const char *match) {
    if (!rows)
        return call->status;
    if (!rows_count(rows))
        call->status = NOT_FOUND;
    else
        match_check(call, match, rows_int(rows, 0, "version"));
    rows_free(rows);
    return call->status;
}

enum status title_match(struct call *call, int64_t id, const char *match) {
    return match_take(call, call_run(call, Q_title_lock, ARGS(ARG_INT("id", id))), match);
}
