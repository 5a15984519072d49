#include "actors/content/content.h"

enum status content_delete(struct call *call) {
    const struct title_gone_ask *ask = call->ask;
    struct list done;
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_title_lock, NULL);
    if (!rows)
        return call->status;
    if (!rows_count(rows))
        call->status = NOT_FOUND;
    else
        match_check(call, ask->match, rows_int(rows, 0, "version"));
    rows_free(rows);
    return call->status == OK ? titles_remove(call, arena_print(call->arena, "{%lld}", (long long)ask->id), &done)
                              : call->status;
}
