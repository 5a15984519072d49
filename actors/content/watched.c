#include "actors/content/content.h"

enum status content_watched(struct call *call) {
    const struct views_news *ask = call->ask;
    if (call_needs(call, ROLE_SERVICE) != OK)
        return call->status;
    const char *items = list_to_json(title_views_record(), &ask->items, call->arena);
    return items ? call_do(call, Q_watched, ARGS(ARG_TEXT("items", items))) : INTERNAL;
}
