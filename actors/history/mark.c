#include <string.h>

#include "actors/history/history.h"

struct known {
    int64_t marks;
    bool marked, title;
};

static enum status look(struct call *call, const struct db_arg *user, struct known *known) {
    struct rows *rows = call_run(call, Q_mark_known, user);
    if (!rows)
        return call->status;
    *known = (struct known){rows_int(rows, 0, "marks"), rows_bool(rows, 0, "marked"), rows_bool(rows, 0, "known")};
    rows_free(rows);
    return OK;
}

static enum status put(struct call *call, const struct db_arg *user, const struct known *known) {
    if (known->marked)
        return OK;
    if (!known->title)
        return call_refuse(call, NOT_FOUND, "not-found", "There is no such title.");
    if (known->marks >= MARKS_MOST)
        return call_refuse(call, CONFLICT, "full", "This list is full.");
    return call_do(call, Q_mark_on, user);
}

enum status history_mark(struct call *call) {
    const struct mark_ask *ask = call->ask;
    struct mark_reply *reply = call->reply;
    const struct db_arg *user = ARGS(ARG_INT("user", call->header.user));
    struct known known = {0};
    if (history_caller(call) != OK || call_do(call, Q_marks_lock, user) != OK || look(call, user, &known) != OK)
        return call->status;
    bool wanted = !strcmp(ask->state, "toggle") ? !known.marked : !strcmp(ask->state, "on");
    if ((wanted ? put(call, user, &known) : call_do(call, Q_mark_off, user)) != OK)
        return call->status;
    reply->title_id = ask->title_id;
    reply->marked = wanted;
    return history_marks_ids(call, &reply->ids);
}
