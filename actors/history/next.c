#include "actors/history/history.h"

enum status history_next(struct call *call) {
    if (history_caller(call) != OK)
        return call->status;
    return call_fetch(call, Q_title_next, ARGS(ARG_INT("user", call->header.user)));
}
