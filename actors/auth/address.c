#include <string.h>

#include "actors/auth/auth.h"

enum { LINKS_AN_HOUR = 5 };

/* A stranger's mailbox is not flooded from here either. */
static enum status few(struct call *call, int64_t account_id) {
    if (call_do(call, Q_account_lock, ARGS(ARG_INT("account_id", account_id))) != OK)
        return call->status;
    struct rows *rows =
        call_run(call, Q_tokens_lately, ARGS(ARG_INT("account_id", account_id), ARG_TEXT("kind", "address")));
    bool many = rows && rows_int(rows, 0, "count") >= LINKS_AN_HOUR;
    rows_free(rows);
    if (!many)
        return call->status;
    call_refuse(call, TOO_MANY, "too-many-tries", "That was tried too often; please wait an hour.");
    if (call->problem) {
        call->problem->retry_after = 3600;
        call->problem->has_retry_after = true;
    }
    return TOO_MANY;
}

static enum status same(struct call *call, const struct account *account, bool *is) {
    struct rows *rows = call_run(call, Q_spelling, NULL);
    *is = rows && !strcmp(rows_text(rows, 0, "spelling"), account->email);
    rows_free(rows);
    return call->status;
}

/* Whether another account has the address is told to nobody but to whoever opens the link. */
enum status auth_address(struct call *call) {
    const struct address_ask *ask = call->ask;
    struct account *account = NULL;
    bool two_factor = false, known = false;
    if (!email_plausible(ask->email))
        return call_invalid(call, "/email", "must be an e-mail address");
    if (limit_take(call, LIMIT_LINK_ADDRESS, ask->address, NULL) != OK ||
        limit_take(call, LIMIT_LINK_PAIR, ask->address, ask->email) != OK)
        return call->status;
    enum status status = caller_proves_all(call, ask->password, ask->code, &account, &two_factor);
    if (status == OK)
        status = same(call, account, &known);
    if (status == OK && known)
        return call_invalid(call, "/email", "is the account's address already");
    if (status == OK)
        status = few(call, account->id);
    if (status == OK)
        status = call_do(call, Q_tokens_spend, ARGS(ARG_INT("account_id", account->id), ARG_TEXT("kind", "address")));
    return status == OK ? letter_address(call, account, ask->dialect, ask->email) : status;
}
