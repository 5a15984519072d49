#include "actors/history/history.h"

enum status history_caller(struct call *call) {
    return call->header.user > 0 ? OK
                                 : call_refuse(call, UNAUTHENTICATED, "unauthenticated", "A valid login is needed.");
}
