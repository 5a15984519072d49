#include <string.h>

#include "actors/content/content.h"

enum status content_change(struct call *call) {
    const struct title_change *ask = call->ask;
    if (call_needs(call, ROLE_ADMIN) != OK || (ask->title && title_name_check(call, ask->title) != OK))
        return call->status;
    struct rows *rows = call_run(call, Q_title_lock, NULL);
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0;
    bool renamed = found && ask->title && strcmp(ask->title, rows_text(rows, 0, "title")) != 0;
    rows_free(rows);
    if (!found)
        return NOT_FOUND;
    if (call_do(call, Q_title_change, NULL) != OK || (renamed && tell_card(call, ask->id) != OK))
        return call->status;
    tell_changed(call, ask->id);
    return title_reply(call, ask->id);
}
