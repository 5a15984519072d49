#include "actors/auth/auth.h"

/* Accounts as administrators see them, and the log of what they do. */

int person_roles(const struct rows *rows, size_t row, struct person *person, struct arena *arena) {
    person->roles = roles_list(rows_int(rows, row, "roles"), arena);
    return person->roles.at ? 0 : -1;
}

enum status person_reply(struct call *call, int64_t id) {
    struct rows *rows = call_run(call, Q_person, ARGS(ARG_INT("id", id)));
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0;
    int rc = found ? rows_fill(rows, 0, person_record(), call->reply, call->arena) : 0;
    if (found && !rc)
        rc = person_roles(rows, 0, call->reply, call->arena);
    rows_free(rows);
    if (!found)
        return person_missing(call);
    return rc ? INTERNAL : OK;
}

enum status person_missing(struct call *call) {
    return call_refuse(call, NOT_FOUND, "account-gone", "There is no such account.");
}

enum status audit(struct call *call, const char *action, int64_t target_id, const char *note, const char *address) {
    return call_do(call, Q_audit_add,
                   ARGS(ARG_INT("actor_id", call->header.user), ARG_TEXT("action", action),
                        ARG_INT("target_id", target_id), ARG_TEXT("note", note), ARG_TEXT("address", address)));
}
