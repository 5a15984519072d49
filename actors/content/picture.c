#include <string.h>

#include "actors/content/content.h"

static const char *const columns[] = {"poster_picture", "banner_picture", "thumbnail_picture"};

enum { KINDS = sizeof columns / sizeof *columns, DIGITS = 32 };

enum status picture_check(struct call *call, const char *field, const char *name) {
    bool good = !name || !*name || (strspn(name, "0123456789abcdef") == DIGITS && !name[DIGITS]);
    return good ? OK : call_invalid(call, arena_print(call->arena, "/%s", field), "is no picture's name");
}

enum status picture_swap(struct call *call, const char *old, const char *name) {
    if (!name || !strcmp(name, old))
        return OK;
    if (*name && call_post(call, MSG_transcode_picture_keep, &(struct picture_ref){.name = name}) != OK)
        return call->status;
    return *old ? call_post(call, MSG_transcode_picture_drop, &(struct picture_ref){.name = old}) : OK;
}

enum status pictures_let_go(struct call *call, const struct rows *rows, size_t row) {
    for (size_t i = 0; i < KINDS; i++)
        if (picture_swap(call, rows_null(rows, row, columns[i]) ? "" : rows_text(rows, row, columns[i]), "") != OK)
            return call->status;
    return OK;
}

enum status pictures_check(struct call *call, const struct title_pictures *pictures) {
    if (picture_check(call, "poster", pictures->poster) != OK || picture_check(call, "banner", pictures->banner) != OK)
        return call->status;
    return picture_check(call, "thumbnail", pictures->thumbnail);
}

enum status pictures_swap(struct call *call, const struct rows *rows, const struct title_pictures *pictures) {
    const char *const names[KINDS] = {pictures->poster, pictures->banner, pictures->thumbnail};
    for (size_t i = 0; i < KINDS; i++) {
        bool had = rows && !rows_null(rows, 0, columns[i]);
        if (picture_swap(call, had ? rows_text(rows, 0, columns[i]) : "", names[i]) != OK)
            return call->status;
    }
    return OK;
}

static enum status lock(struct call *call) {
    const struct title_picture *ask = call->ask;
    struct rows *rows = call_run(call, Q_title_lock, NULL);
    if (!rows)
        return call->status;
    const char *column = arena_print(call->arena, "%s_picture", ask->which);
    if (!rows_count(rows))
        call->status = NOT_FOUND;
    else if (!column)
        call->status = INTERNAL;
    else if (match_check(call, ask->match, rows_int(rows, 0, "version")) == OK)
        picture_swap(call, rows_null(rows, 0, column) ? "" : rows_text(rows, 0, column),
                     ask->picture ? ask->picture : "");
    /* A series shows its episodes. */
    if (call->status == OK && !rows_null(rows, 0, "parent_id"))
        tell_changed(call, rows_int(rows, 0, "parent_id"));
    rows_free(rows);
    return call->status;
}

enum status content_picture(struct call *call) {
    const struct title_picture *ask = call->ask;
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    if (!ask->picture == !ask->gone)
        return call_invalid(call, "/picture", "must be a picture, or gone");
    if (picture_check(call, "picture", ask->picture) != OK || lock(call) != OK ||
        call_do(call, Q_title_picture, NULL) != OK || tell_card(call, ask->id) != OK)
        return call->status;
    tell_changed(call, ask->id);
    return title_reply(call, ask->id);
}
