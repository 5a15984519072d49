#include "actors/history/history.h"

enum status history_settings(struct call *call) {
    if (history_caller(call) != OK)
        return call->status;
    return call_fetch(call, Q_habits_show, ARGS(ARG_INT("user", call->header.user)));
}
