#include <string.h>

#include "actors/auth/auth.h"

enum status picture_let_go(struct call *call, const char *picture) {
    return *picture ? call_post(call, MSG_transcode_picture_drop, &(struct picture_ref){.name = picture}) : OK;
}

static enum status take(struct call *call, const char *old) {
    const struct picture_change *ask = call->ask;
    struct account_reply *reply = call->reply;
    struct rows *rows = call_run(call, Q_picture_set, ARGS(ARG_INT("user", call->header.user)));
    if (!rows)
        return call->status;
    reply->account = rows_count(rows) ? account_from_row(rows, 0, call->arena) : NULL;
    rows_free(rows);
    if (!reply->account)
        return INTERNAL;
    if (ask->picture && call_post(call, MSG_transcode_picture_keep, &(struct picture_ref){.name = ask->picture}) != OK)
        return call->status;
    return ask->picture && !strcmp(ask->picture, old) ? OK : picture_let_go(call, old);
}

enum status auth_picture(struct call *call) {
    const struct picture_change *ask = call->ask;
    if (caller_needed(call) != OK)
        return call->status;
    if (!ask->picture == !ask->gone)
        return call_invalid(call, "/picture", "must be a picture, or gone");
    if (ask->picture && strspn(ask->picture, "0123456789abcdef") != strlen(ask->picture))
        return call_invalid(call, "/picture", "is no picture's name");
    struct rows *rows = call_run(call, Q_picture_lock, ARGS(ARG_INT("user", call->header.user)));
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0;
    const char *old = found ? arena_text(call->arena, rows_text(rows, 0, "picture")) : NULL;
    rows_free(rows);
    if (!found)
        return call_refuse(call, NOT_FOUND, "account-gone", "This account is no longer there.");
    return old ? take(call, old) : INTERNAL;
}
