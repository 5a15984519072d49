#include "actors/content/content.h"

enum status content_season_put(struct call *call) {
    const struct season_put *ask = call->ask;
    if (call_needs(call, ROLE_ADMIN) != OK || title_match(call, ask->title_id, ask->match) != OK ||
        call_fetch(call, Q_season_put, NULL) != OK || call_do(call, Q_title_touch, NULL) != OK)
        return call->status;
    tell_changed(call, ask->title_id);
    return OK;
}
