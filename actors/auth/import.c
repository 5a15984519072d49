#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "actors/auth/auth.h"

enum { NAME_BYTES_MAX = 100 };

static const char *refusal_of(const struct import_row *row) {
    size_t n = strlen(row->email);
    if (n < 3 || n > 254 || !email_plausible(row->email))
        return "the address is not well formed";
    if (row->name && strlen(row->name) > NAME_BYTES_MAX)
        return "the name is too long";
    return row->password_hash && *row->password_hash ? hash_refused(row->password_hash) : "there is no hash";
}

static int add_row(json_t *list, size_t n, const struct import_row *row) {
    size_t local = strcspn(row->email, "@");
    bool named = row->name && *row->name;
    json_t *json =
        json_pack("{s:I, s:s, s:s%, s:s, s:b, s:b}", "n", (json_int_t)n, "email", row->email, "name",
                  named ? row->name : row->email, named ? strlen(row->name) : local, "hash", row->password_hash,
                  "verified", row->has_verified && row->verified, "admin", row->has_admin && row->admin);
    if (json && row->has_created_at)
        json_object_set_new(json, "created_ms", json_integer(row->created_at));
    if (json && row->username && username_plausible(row->username))
        json_object_set_new(json, "username", json_string(row->username));
    return json ? json_array_append_new(list, json) : -1;
}

/* What can be taken goes to the database as one text; the others have their fate. */
static char *acceptable(const struct import_ask *ask, struct import_fate *fates, size_t *count) {
    json_t *list = json_array();
    int rc = list ? 0 : -1;
    for (size_t i = 0; i < ask->rows.n && !rc; i++) {
        const struct import_row *row = &LIST_AT(ask->rows, struct import_row, i);
        const char *why = refusal_of(row);
        fates[i] = (struct import_fate){.fate = why ? "refused" : "known", .reason = why};
        if (!why) {
            rc = add_row(list, i, row);
            ++*count;
        }
    }
    char *text = rc ? NULL : json_dumps(list, JSON_COMPACT);
    json_decref(list);
    return text;
}

static size_t read_fates(const struct rows *rows, struct import_fate *fates, size_t count) {
    size_t added = 0;
    for (size_t i = 0; i < rows_count(rows); i++) {
        int64_t n = rows_int(rows, i, "n");
        if (n < 0 || (size_t)n >= count)
            continue;
        struct import_fate *fate = &fates[n];
        if (!rows_bool(rows, i, "fits")) {
            *fate = (struct import_fate){.fate = "refused", .reason = "the address is too long"};
            continue;
        }
        fate->id = rows_int(rows, i, "id");
        fate->has_id = fate->id > 0;
        if (!rows_bool(rows, i, "added"))
            continue;
        added++;
        fate->fate = "added";
        fate->reason = rows_bool(rows, i, "nameless") ? "its login name is somebody else's" : NULL;
    }
    return added;
}

/* Accounts that are there already stay as they are, so that a second run changes nothing. */
enum status auth_import(struct call *call) {
    const struct import_ask *ask = call->ask;
    struct import_reply *reply = call->reply;
    size_t acceptable_n = 0, added = 0;
    bool dry = ask->has_dry && ask->dry;
    if (call_needs(call, ROLE_ADMIN | ROLE_SERVICE) != OK)
        return call->status;
    struct import_fate *fates = arena_alloc(call->arena, (ask->rows.n + 1) * sizeof *fates);
    char *list = fates ? acceptable(ask, fates, &acceptable_n) : NULL;
    if (!list)
        return INTERNAL;
    struct rows *rows =
        acceptable_n ? call_run(call, Q_accounts_import, ARGS(ARG_TEXT("list", list), ARG_BOOL("dry", dry))) : NULL;
    free(list);
    if (acceptable_n && !rows)
        return call->status;
    if (rows)
        added = read_fates(rows, fates, ask->rows.n);
    rows_free(rows);
    reply->fates = (struct list){fates, ask->rows.n};
    if (dry || !added)
        return OK;
    const char *note = arena_print(call->arena, "%zu accounts", added);
    return note ? audit(call, "import", 0, note, NULL) : INTERNAL;
}
