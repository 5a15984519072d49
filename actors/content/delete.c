#include "actors/content/content.h"

enum status content_delete(struct call *call) {
    const struct title_gone_ask *ask = call->ask;
    struct list done;
    if (call_needs(call, ROLE_ADMIN) != OK || title_match(call, ask->id, ask->match) != OK)
        return call->status;
    return titles_remove(call, arena_print(call->arena, "{%lld}", (long long)ask->id), &done);
}
