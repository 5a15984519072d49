#include "actors/history/history.h"

/* Safe to repeat and to come late: an older card changes nothing. */
enum status history_learn(struct call *call) {
    const struct title_card *ask = call->ask;
    if (call_needs(call, ROLE_SERVICE) != OK || call_do(call, Q_card_put, NULL) != OK)
        return call->status;
    return ask->deleted ? call_do(call, Q_progress_forget, NULL) : OK;
}
