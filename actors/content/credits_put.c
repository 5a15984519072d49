#include "actors/content/content.h"
#include "db/array.h"

/* OK when every person is there; the credits so far are gone then. */
static enum status clear(struct call *call, const struct credits_put *ask) {
    struct list persons = {arena_alloc(call->arena, ask->items.n * sizeof(int64_t) + 1), 0};
    for (; persons.at && persons.n < ask->items.n; persons.n++)
        LIST_AT(persons, int64_t, persons.n) = LIST_AT(ask->items, struct credit, persons.n).person_id;
    const char *ids = persons.at ? array_write(&persons, TYPE_NUMBERS, call->arena) : NULL;
    struct rows *rows = ids ? call_run(call, Q_credits_set, ARGS(ARG_TEXT("persons", ids))) : NULL;
    if (!rows)
        return ids ? call->status : INTERNAL;
    if (rows_int(rows, 0, "missing"))
        call_invalid(call, "/items", "names a person that is not there");
    rows_free(rows);
    return call->status;
}

enum status content_credits_put(struct call *call) {
    const struct credits_put *ask = call->ask;
    struct credit_list *reply = call->reply;
    struct rows *rows;
    if (call_needs(call, ROLE_ADMIN) != OK || title_match(call, ask->id, ask->match) != OK)
        return call->status;
    const char *items = list_to_json(credit_record(), &ask->items, call->arena);
    if (!items || clear(call, ask) != OK || call_do(call, Q_credits_add, ARGS(ARG_TEXT("items", items))) != OK ||
        keep_up_one(call, ask->id) != OK || title_touch(call, ask->id, &reply->version) != OK ||
        tell_card(call, ask->id) != OK || !(rows = call_run(call, Q_credit_list, NULL)))
        return call->status == OK ? INTERNAL : call->status;
    reply->has_version = true;
    reply->items = rows_list(rows, credit_record(), call->arena);
    rows_free(rows);
    tell_changed(call, ask->id);
    return OK;
}
