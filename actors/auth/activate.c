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
    struct once once = {0};
    if (once_find(call, ask->token, "activation", ask->has_account ? ask->account : -1, &once) != OK)
        return call->status;
    if (once.used && *once.email)
        return once_refuse(call);
    if (once.used && !ask->again)
        return call_refuse(call, INVALID, "already-active", "This link was used already: the address is proven.");
    if (!once.used && once_spend(call, ask->token) != OK)
        return call->status;
    return *once.email ? change(call, once.account_id, once.email) : verify(call, once.account_id);
}
