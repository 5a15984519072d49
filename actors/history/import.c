#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "actors/history/history.h"

static char *to_json(const struct past_ask *ask) {
    json_t *list = json_array();
    int rc = list ? 0 : -1;
    for (size_t i = 0; i < ask->rows.n && !rc; i++) {
        const struct past_row *row = &LIST_AT(ask->rows, struct past_row, i);
        json_t *json =
            json_pack("{s:I, s:I, s:I, s:s, s:f}", "n", (json_int_t)i, "account_id", (json_int_t)row->account_id,
                      "title_id", (json_int_t)row->title_id, "list", row->list, "position", row->position);
        if (json && row->has_at)
            json_object_set_new(json, "at_ms", json_integer(row->at));
        rc = json ? json_array_append_new(list, json) : -1;
    }
    char *text = rc ? NULL : json_dumps(list, JSON_COMPACT);
    json_decref(list);
    return text;
}

static struct past_fate fate_of(const struct rows *rows, size_t i) {
    static const struct {
        const char *column, *reason;
    } refusals[] = {
        {"deleted", "the title was deleted"},
        {"gone", "the account was deleted"},
        {"unwanted", "its owner does not want it to be kept"},
        {"full_list", "the list is full"},
    };
    if (!rows_bool(rows, i, "known"))
        return (struct past_fate){.fate = "unknown"};
    for (size_t r = 0; r < sizeof refusals / sizeof *refusals; r++)
        if (rows_bool(rows, i, refusals[r].column))
            return (struct past_fate){.fate = "refused", .reason = refusals[r].reason};
    return (struct past_fate){.fate = rows_bool(rows, i, "added")   ? "added"
                                      : rows_bool(rows, i, "newer") ? "changed"
                                                                    : "same"};
}

/* What is there and not older stays, so that a second run changes nothing. */
enum status history_import(struct call *call) {
    const struct past_ask *ask = call->ask;
    struct past_reply *reply = call->reply;
    bool dry = ask->has_dry && ask->dry;
    if (call_needs(call, ROLE_ADMIN | ROLE_SERVICE) != OK)
        return call->status;
    char *text = to_json(ask);
    struct past_fate *fates = text ? arena_alloc(call->arena, (ask->rows.n + 1) * sizeof *fates) : NULL;
    struct rows *rows = fates
                            ? call_run(call, Q_past_put,
                                       ARGS(ARG_TEXT("rows", text), ARG_BOOL("dry", dry), ARG_INT("most", MARKS_MOST)))
                            : NULL;
    free(text);
    if (!rows)
        return fates ? call->status : INTERNAL;
    reply->fates = (struct list){fates, rows_count(rows)};
    for (size_t i = 0; i < reply->fates.n; i++)
        fates[i] = fate_of(rows, i);
    rows_free(rows);
    return reply->fates.n == ask->rows.n ? OK : INTERNAL;
}
