#include "actors/history/history.h"

enum status history_clear(struct call *call) {
    if (history_caller(call) != OK)
        return call->status;
    return call_do(call, Q_progress_clear, ARGS(ARG_INT("user", call->header.user)));
}
