#include <string.h>

#include "actors/auth/auth.h"

static enum status taken(struct call *call) {
    return strcmp(db_constraint(call->db), "accounts_username")
               ? call_refuse(call, CONFLICT, "email-taken", "This address has an account already.")
               : call_refuse(call, CONFLICT, "username-taken", "This name belongs to somebody else.");
}

enum status auth_register(struct call *call) {
    const struct register_ask *ask = call->ask;
    struct account_reply *reply = call->reply;
    char hash[HASH_BYTES], opaque[TOKEN_BYTES];
    if (!email_plausible(ask->email))
        return call_invalid(call, "/email", "must be an e-mail address");
    if (ask->username && !username_plausible(ask->username))
        return call_invalid(call, "/username", "must be without blanks and @");
    if (ask->confirm && strcmp(ask->confirm, ask->password))
        return call_invalid(call, "/confirm", "must equal the password");
    if (password_allowed(call, realm_find(ask->dialect), ask->password, ask->email) != OK ||
        limit_take(call, LIMIT_REGISTER, ask->address, NULL) != OK)
        return call->status;
    if (password_hash(ask->password, hash))
        return INTERNAL;
    const char *name = ask->name       ? ask->name
                       : ask->username ? ask->username
                                       : arena_copy(call->arena, ask->email, strcspn(ask->email, "@"));
    struct rows *rows = call_run(call, Q_account_add,
                                 ARGS(ARG_TEXT("name", name), ARG_TEXT("password_hash", hash),
                                      ARG_INT("roles", ROLE_USER), ARG_BOOL("verified", false)));
    if (!rows)
        return call->status == CONFLICT ? taken(call) : call->status;
    reply->account = account_from_row(rows, 0, call->arena);
    rows_free(rows);
    token_new(opaque);
    reply->opaque = arena_text(call->arena, opaque);
    return reply->account && reply->opaque ? letter_link(call, reply->account, "activation", ask->dialect) : INTERNAL;
}
