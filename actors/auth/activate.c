#include "actors/auth/auth.h"

/* The account takes the new address; who reads the old one is told. */
static enum status change(struct call *call, int64_t id, const char *email) {
    struct account_reply *reply = call->reply;
    struct rows *rows = NULL;
    if (call_do(call, Q_account_lock, ARGS(ARG_INT("account_id", id))) != OK ||
        !(rows = call_run(call, Q_account_by_id, ARGS(ARG_INT("id", id)))))
        return call->status;
    struct account *before = rows_count(rows) ? account_from_row(rows, 0, call->arena) : NULL;
    rows_free(rows);
    if (!before)
        return NOT_FOUND;
    if (!(rows = call_run(call, Q_address_set, ARGS(ARG_INT("id", id), ARG_TEXT("new_email", email)))))
        return call->status == CONFLICT
                   ? call_refuse(call, CONFLICT, "email-taken", "This address has an account already.")
                   : call->status;
    reply->account = rows_count(rows) ? account_from_row(rows, 0, call->arena) : NULL;
    rows_free(rows);
    if (!reply->account)
        return INTERNAL;
    return call_do(call, Q_links_spend, ARGS(ARG_INT("account_id", id))) == OK
               ? letter_notice(call, before, "address-changed", "v1", email)
               : call->status;
}

static enum status verify(struct call *call, int64_t id) {
    struct account_reply *reply = call->reply;
    struct rows *rows = call_run(call, Q_account_verify, ARGS(ARG_INT("id", id)));
    if (!rows)
        return call->status;
    reply->account = rows_count(rows) ? account_from_row(rows, 0, call->arena) : NULL;
    rows_free(rows);
    return reply->account ? OK : NOT_FOUND;
}

enum status auth_activate(struct call *call) {
    const struct activate_ask *ask = call->ask;
    uint8_t digest[DIGEST_BYTES];
    token_digest(ask->token, digest);
    struct rows *rows = call_run(call, Q_token_prove, ARGS(ARG_BYTES("hash", digest, DIGEST_BYTES)));
    if (!rows)
        return call->status;
    bool good = rows_count(rows) > 0;
    int64_t account = good ? rows_int(rows, 0, "account_id") : 0;
    const char *email = good ? arena_text(call->arena, rows_text(rows, 0, "email")) : NULL;
    rows_free(rows);
    if (!good)
        return call_refuse(call, INVALID, "token-refused", "This link is not valid (any more).");
    if (!email)
        return INTERNAL;
    return *email ? change(call, account, email) : verify(call, account);
}
