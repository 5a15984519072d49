#include <string.h>

#include "actors/content/content.h"

static enum status clear_fits(struct call *call, const struct titles_change *ask) {
    static const char *const fields[] = {"category", "year", "language",     "rating",       "age_rating",
                                         "genres",   "tags", "visible_from", "visible_until"};
    return clear_check(call, &ask->clear, fields, sizeof fields / sizeof *fields);
}

/* Whether each is now as it was wished; otherwise none is changed. */
static enum status fits(struct call *call, const struct rows *rows) {
    for (size_t i = 0; i < rows_count(rows); i++) {
        if (rows_bool(rows, i, "odd_kind"))
            return call_invalid(call, "/kind", "of an episode, or of a series with episodes, stays");
        if (rows_bool(rows, i, "never"))
            return call_invalid(call, "/visible_until", "must be later than visible_from");
    }
    return OK;
}

enum status content_bulk_change(struct call *call) {
    const struct titles_change *ask = call->ask;
    struct titles_done *reply = call->reply;
    if (call_needs(call, ROLE_ADMIN) != OK || clear_fits(call, ask) != OK)
        return call->status;
    if (!ask->ids.n)
        return call_invalid(call, "/ids", "is required");
    struct rows *rows = call_run(call, Q_titles_change, NULL);
    if (!rows)
        return call->status;
    size_t n = rows_count(rows);
    const char *ids = ids_of(rows, "id", call->arena);
    reply->ids.at = arena_alloc(call->arena, n * sizeof(int64_t) + 1);
    for (; reply->ids.at && reply->ids.n < n; reply->ids.n++)
        LIST_AT(reply->ids, int64_t, reply->ids.n) = rows_int(rows, reply->ids.n, "id");
    if (fits(call, rows) == OK)
        tell_rows(call, rows, "id");
    rows_free(rows);
    if (call->status != OK)
        return call->status;
    return reply->ids.at ? keep_up(call, ids) : INTERNAL;
}
