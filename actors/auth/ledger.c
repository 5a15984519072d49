#include "actors/auth/billing.h"

enum status auth_ledger(struct call *call) {
    const struct ledger_ask *ask = call->ask;
    return call_needs(call, ROLE_ADMIN) == OK
               ? payments_page(call, ask->limit, ask->cursor, ask->account_id, ask->status)
               : call->status;
}
