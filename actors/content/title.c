#include <string.h>

#include "actors/content/content.h"

int title_fill(const struct rows *rows, size_t row, struct title *title, struct arena *arena) {
    if (rows_fill(rows, row, title_record(), title, arena))
        return -1;
    title->renditions = renditions_from_json(rows_text(rows, row, "renditions"), arena);
    return 0;
}

enum status title_reply(struct call *call, int64_t id) {
    struct rows *rows = call_run(call, Q_title_show, ARGS(ARG_INT("id", id)));
    if (!rows)
        return call->status;
    if (!rows_count(rows))
        call->status = NOT_FOUND;
    else if (title_fill(rows, 0, call->reply, call->arena))
        call->status = INTERNAL;
    rows_free(rows);
    return call->status;
}

enum status title_name_check(struct call *call, const char *name) {
    return name[strspn(name, " \t\r\n\v\f")] ? OK : call_invalid(call, "/title", "must not be blank");
}
