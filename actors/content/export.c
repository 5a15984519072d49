#include "actors/content/content.h"

enum { USUAL_LIMIT = 25 };

/* A title that nobody named yet gets a name, so that it stays the same when it is imported again. */
enum status content_export(struct call *call) {
    const struct export_ask *ask = call->ask;
    struct export_page *reply = call->reply;
    int64_t limit = ask->has_limit ? ask->limit : USUAL_LIMIT;
    if (call_needs(call, ROLE_ADMIN) != OK || (!ask->after && call_do(call, Q_export_name, NULL) != OK))
        return call->status;
    struct rows *rows = call_run(call, Q_export_titles, ARGS(ARG_INT("rows", limit)));
    if (!rows)
        return call->status;
    size_t n = rows_count(rows);
    reply->items = rows_list(rows, import_title_record(), call->arena);
    for (size_t i = 0; i < reply->items.n; i++) {
        struct import_title *item = &LIST_AT(reply->items, struct import_title, i);
        item->credits = list_from_json(import_credit_record(), rows_text(rows, i, "credits"), call->arena);
        item->seasons = list_from_json(import_season_record(), rows_text(rows, i, "seasons"), call->arena);
    }
    if ((int64_t)n == limit) {
        reply->after = rows_int(rows, n - 1, "id");
        reply->has_after = true;
    }
    rows_free(rows);
    return reply->items.n == n ? OK : INTERNAL;
}
