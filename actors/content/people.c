#include "actors/content/content.h"
#include "db/array.h"

/* Arrays' literals, side by side: a text for each column is a fraction of the work that records of JSON are. */
static struct buffer *column(struct people *people, enum people_column at) {
    struct buffer *buffer = &people->columns[at];
    buffer_text(buffer, buffer->n ? "," : "{");
    return buffer;
}

static void add_text(struct people *people, enum people_column at, const char *text) {
    array_write_text(text ? text : "", column(people, at));
}

void people_add(struct people *people, int64_t title_id, const struct list *credits) {
    for (size_t i = 0; i < credits->n; i++) {
        const struct import_credit *credit = &LIST_AT(*credits, struct import_credit, i);
        buffer_print(column(people, PEOPLE_TITLES), "%lld", (long long)title_id);
        add_text(people, PEOPLE_NAMES, credit->name);
        add_text(people, PEOPLE_NUMBERS, credit->external_id);
        add_text(people, PEOPLE_KINDS, credit->kind);
        add_text(people, PEOPLE_JOBS, credit->job);
        add_text(people, PEOPLE_ROLES, credit->role);
        people->nameless |= !credit->external_id;
        people->n++;
    }
}

void people_free(struct people *people) {
    for (int i = 0; i < PEOPLE_COLUMNS; i++)
        buffer_free(&people->columns[i]);
}

enum status people_put(struct call *call, const char *ids, struct people *people) {
    const struct buffer *columns = people->columns;
    bool failed = false;
    if (call_do(call, Q_import_credits_clear, ARGS(ARG_TEXT("ids", ids))) != OK || !people->n)
        return call->status;
    for (int i = 0; i < PEOPLE_COLUMNS; i++) {
        buffer_add(&people->columns[i], "}", 2);
        failed = failed || columns[i].failed;
    }
    if (failed)
        return call->status = INTERNAL;
    const struct db_arg *args =
        ARGS(ARG_TEXT("titles", columns[PEOPLE_TITLES].at), ARG_TEXT("names", columns[PEOPLE_NAMES].at),
             ARG_TEXT("numbers", columns[PEOPLE_NUMBERS].at), ARG_TEXT("kinds", columns[PEOPLE_KINDS].at),
             ARG_TEXT("jobs", columns[PEOPLE_JOBS].at), ARG_TEXT("roles", columns[PEOPLE_ROLES].at));
    if (call_do(call, Q_import_persons, args) != OK ||
        (people->nameless && call_do(call, Q_import_nameless, args) != OK))
        return call->status;
    return call_do(call, Q_import_credits, args);
}
