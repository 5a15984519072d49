#include "actors/content/content.h"
#include "db/array.h"

enum status content_bulk_delete(struct call *call) {
    const struct titles_delete *ask = call->ask;
    struct titles_done *reply = call->reply;
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    if (!ask->ids.n)
        return call_invalid(call, "/ids", "is required");
    const char *ids = array_write(&ask->ids, TYPE_NUMBERS, call->arena);
    return ids ? titles_remove(call, ids, &reply->ids) : INTERNAL;
}
