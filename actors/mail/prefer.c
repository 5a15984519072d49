#include <string.h>

#include "actors/mail/mail.h"

static enum status take(struct call *call, const struct preference_wish *wish, size_t i) {
    const struct wording *wording = wording_find(wish->kind);
    if (!wording)
        return call_invalid(call, arena_print(call->arena, "/items/%zu/kind", i), "is no kind of event");
    const char *const *way = notice_ways(wording);
    while (*way && strcmp(*way, wish->way))
        way++;
    if (!*way)
        return call_invalid(call, arena_print(call->arena, "/items/%zu/way", i),
                            "cannot be chosen: what concerns the security of an account is always mailed");
    return call_do(call, Q_preference_set,
                   ARGS(ARG_INT("user", call->header.user), ARG_TEXT("kind", wish->kind), ARG_TEXT("way", wish->way)));
}

enum status mail_prefer(struct call *call) {
    const struct preference_wishes *ask = call->ask;
    struct preference_list *reply = call->reply;
    if (caller_needed(call) != OK)
        return call->status;
    for (size_t i = 0; i < ask->items.n; i++) {
        enum status status = take(call, &LIST_AT(ask->items, struct preference_wish, i), i);
        if (status != OK)
            return status;
    }
    reply->items = notice_preferences(call);
    return call->status;
}
