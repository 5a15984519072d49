#include "actors/auth/auth.h"

static enum status refuse(struct call *call) {
    return call_refuse(call, UNAUTHENTICATED, "wrong-credentials", "E-mail or password is wrong.");
}

static enum status open_session(struct call *call, const struct realm *realm, const struct account *account) {
    char refresh[TOKEN_BYTES];
    uint8_t digest[DIGEST_BYTES];
    token_new(refresh);
    token_digest(refresh, digest);
    struct rows *rows = call_run(call, Q_session_add,
                                 ARGS(ARG_INT("account_id", account->id), ARG_BYTES("refresh", digest, DIGEST_BYTES),
                                      ARG_INT("seconds", realm->refresh_seconds)));
    if (!rows)
        return call->status;
    int64_t session = rows_int(rows, 0, "id");
    rows_free(rows);
    return session_reply(call, session, realm, refresh, account);
}

enum status auth_login(struct call *call) {
    const struct login_ask *ask = call->ask;
    const struct realm *realm = realm_find(ask->dialect);
    struct account *account = NULL;
    if (!realm)
        return call_invalid(call, "/dialect", "is not a realm");
    struct rows *rows = call_run(call, Q_account_by_email, NULL);
    if (!rows)
        return call->status;
    bool known = rows_count(rows) > 0;
    bool right = password_matches(ask->password, known ? rows_text(rows, 0, "password") : NULL);
    bool open = known && !rows_bool(rows, 0, "suspended") && (rows_bool(rows, 0, "verified") || !realm->proven);
    if (right && open)
        account = account_from_row(rows, 0, call->arena);
    rows_free(rows);
    if (!right || !open)
        return refuse(call);
    return account ? open_session(call, realm, account) : INTERNAL;
}
