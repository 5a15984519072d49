#include "actors/content/content.h"

enum status content_create(struct call *call) {
    const struct title_new *ask = call->ask;
    if (call_needs(call, ROLE_ADMIN) != OK || title_name_check(call, ask->title) != OK ||
        title_check(call, "", TITLE_CHECKED(ask)) != OK || pictures_check(call, TITLE_PICTURES(ask)) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_title_add, NULL);
    if (!rows)
        return call->status;
    int64_t id = rows_int(rows, 0, "id");
    rows_free(rows);
    if (pictures_swap(call, NULL, TITLE_PICTURES(ask)) != OK || keep_up_one(call, id) != OK ||
        tell_card(call, id) != OK)
        return call->status;
    tell_changed(call, id);
    return title_reply(call, id);
}
