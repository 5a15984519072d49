#include "actors/history/history.h"

enum status history_settings_change(struct call *call) {
    const struct habits_change *ask = call->ask;
    const struct db_arg *user = ARGS(ARG_INT("user", call->header.user));
    if (history_caller(call) != OK || call_do(call, Q_habits_put, user) != OK)
        return call->status;
    if (ask->has_keep_days && ask->keep_days > 0 && call_do(call, Q_progress_drop_old, user) != OK)
        return call->status;
    return call_fetch(call, Q_habits_show, user);
}
