#include "actors/history/history.h"
#include "protocol/wire/json.h"

/* NULL when memory is out. */
static const char *to_json(struct call *call, const struct title_about *about) {
    struct buffer text = {0};
    record_to_json(title_about_record(), about, &text);
    const char *kept = text.failed ? NULL : arena_copy(call->arena, text.at, text.n);
    buffer_free(&text);
    return kept;
}

/* Safe to repeat and to come late: an older card changes nothing. */
enum status history_learn(struct call *call) {
    const struct title_card *ask = call->ask;
    if (call_needs(call, ROLE_SERVICE) != OK)
        return call->status;
    const char *about = ask->about ? to_json(call, ask->about) : NULL;
    if (ask->about && !about)
        return INTERNAL;
    if (call_do(call, Q_card_put, ARGS(ARG_TEXT("about", about))) != OK)
        return call->status;
    return ask->deleted ? call_do(call, Q_title_forget, NULL) : OK;
}
