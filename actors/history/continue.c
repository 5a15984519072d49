#include "actors/history/history.h"

enum { USUAL_ROWS = 20 };

enum status history_continue(struct call *call) {
    const struct continue_ask *ask = call->ask;
    struct history_row *reply = call->reply;
    if (history_caller(call) != OK)
        return call->status;
    struct rows *rows =
        call_run(call, Q_progress_continue,
                 ARGS(ARG_INT("user", call->header.user), ARG_INT("rows", ask->has_limit ? ask->limit : USUAL_ROWS)));
    return history_items(call, rows, history_item_record(), &reply->items);
}
