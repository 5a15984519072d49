#include "actors/auth/billing.h"

enum status auth_payments(struct call *call) {
    const struct page_ask *ask = call->ask;
    return caller_needed(call) == OK ? payments_page(call, ask->limit, ask->cursor, call->header.user, NULL)
                                     : call->status;
}
