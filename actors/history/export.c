#include "actors/history/history.h"
#include "actors/page.h"

static enum status export_marks(struct call *call, const char *list, struct list *items) {
    const struct db_arg *args =
        ARGS(ARG_INT("user", call->header.user), ARG_TEXT("list", list), ARG_INT("rows", MARKS_MOST));
    return history_items(call, call_run(call, Q_marks_all, args), marked_item_record(), items);
}

static enum status export_habits(struct call *call, struct habits *habits) {
    struct rows *rows = call_run(call, Q_habits_show, ARGS(ARG_INT("user", call->header.user)));
    if (!rows)
        return call->status;
    int rc = habits ? rows_fill(rows, 0, habits_record(), habits, call->arena) : -1;
    rows_free(rows);
    return rc ? INTERNAL : OK;
}

/* As many as fit a message, however long their names are. */
enum { PAGE_ITEMS = 400 };

static enum status export_items(struct call *call) {
    const struct page_ask *ask = call->ask;
    struct history_export *reply = call->reply;
    struct page page;
    if (page_open(call, ask->limit ? ask->limit : PAGE_ITEMS, ask->cursor, &page) != OK)
        return call->status;
    return history_paged(call, &page, Q_progress_export, history_item_record(), &reply->items, &reply->next);
}

enum status history_export(struct call *call) {
    struct history_export *reply = call->reply;
    struct habits *habits = arena_alloc(call->arena, sizeof *habits);
    if (history_caller(call) != OK || export_items(call) != OK || reply->next)
        return call->status;
    if (export_marks(call, "watchlist", &reply->watchlist) != OK ||
        export_marks(call, "favorites", &reply->favorites) != OK || export_habits(call, habits) != OK)
        return call->status;
    reply->settings = habits;
    return OK;
}
