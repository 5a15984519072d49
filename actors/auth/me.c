#include "actors/auth/auth.h"
#include "protocol/wire/buffer.h"

static struct rows *find_all(struct call **calls, size_t n) {
    struct buffer ids = {0};
    struct rows *rows = NULL;
    for (size_t i = 0; i < n; i++)
        buffer_print(&ids, "%s%lld", i ? "," : "{", (long long)calls[i]->header.user);
    buffer_print(&ids, "}");
    if (!ids.failed)
        rows = db_run(calls[0]->db, Q_accounts_by_id, NULL, NULL, ARGS(ARG_TEXT("ids", ids.at)));
    for (size_t i = 0; i < n; i++)
        calls[i]->status = ids.failed ? INTERNAL : db_status(calls[0]->db);
    buffer_free(&ids);
    return rows;
}

static enum status reply_from(struct call *call, const struct rows *rows, const int64_t *ids) {
    struct account_reply *reply = call->reply;
    size_t row = 0, n = rows_count(rows);
    while (row < n && ids[row] != call->header.user)
        row++;
    if (row == n)
        return call_refuse(call, NOT_FOUND, "account-gone", "This account is no longer there.");
    reply->account = account_from_row(rows, row, call->arena);
    return reply->account ? OK : INTERNAL;
}

/* One statement for all who ask at the same time. */
void auth_me(struct call **calls, size_t n) {
    struct rows *rows = find_all(calls, n);
    size_t found = rows ? rows_count(rows) : 0;
    int64_t *ids = rows ? arena_alloc(calls[0]->arena, found * sizeof *ids + 1) : NULL;
    for (size_t row = 0; ids && row < found; row++)
        ids[row] = rows_int(rows, row, "id");
    for (size_t i = 0; rows && i < n; i++)
        calls[i]->status = ids ? reply_from(calls[i], rows, ids) : INTERNAL;
    rows_free(rows);
}
