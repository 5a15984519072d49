#include "actors/content/content.h"
#include "db/array.h"

enum status content_index(struct call *call) {
    const struct import_index *ask = call->ask;
    if (call_needs(call, ROLE_SERVICE) != OK)
        return call->status;
    const char *ids = array_write(&ask->ids, TYPE_NUMBERS, call->arena);
    if (!ids)
        return INTERNAL;
    if (call_do(call, Q_index_lock, ARGS(ARG_TEXT("ids", ids))) != OK || tell_cards(call, ids) != OK ||
        keep_up(call, ids) != OK)
        return call->status;
    for (size_t i = 0; i < ask->ids.n; i++)
        tell_changed(call, LIST_AT(ask->ids, int64_t, i));
    return OK;
}
