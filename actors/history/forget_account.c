#include "actors/history/history.h"

enum status history_forget_account(struct call *call) {
    if (call_needs(call, ROLE_SERVICE) != OK || call_do(call, Q_account_gone, NULL) != OK)
        return call->status;
    return call_do(call, Q_account_forget, NULL);
}
