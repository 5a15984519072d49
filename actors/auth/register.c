#include <stdio.h>
#include <string.h>

#include "actors/auth/auth.h"
#include "protocol/node/clock.h"

enum { DAY_MS = 86400000 };

/* Who has the address hears of it, once a day at the most: mail takes an event once. */
static enum status tell_owner(struct call *call, const char *dialect) {
    char event[LETTER_EVENT_BYTES];
    struct rows *rows = call_run(call, Q_account_by_email, NULL);
    struct account *owner = rows && !rows_null(rows, 0, "id") ? account_from_row(rows, 0, call->arena) : NULL;
    bool gone = rows && rows_null(rows, 0, "id");
    rows_free(rows);
    if (!owner)
        return gone ? OK : call->status == OK ? INTERNAL : call->status;
    snprintf(event, sizeof event, "registered-again-%lld-%lld", (long long)owner->id,
             (long long)(clock_wall_ms() / DAY_MS));
    return letter_once(call, owner, "registered-again", dialect, event);
}

/* What a new account would have been answered. */
static enum status as_if_made(struct call *call, const char *name) {
    struct account_reply *reply = call->reply;
    struct rows *rows = call_run(call, Q_account_not_made, NULL);
    struct account *account = rows ? arena_alloc(call->arena, sizeof *account) : NULL;
    if (account)
        *account = (struct account){.id = rows_int(rows, 0, "id"),
                                    .email = arena_text(call->arena, rows_text(rows, 0, "email")),
                                    .name = name,
                                    .roles = roles_list(ROLE_USER, call->arena),
                                    .created_at = rows_int(rows, 0, "created_at")};
    rows_free(rows);
    reply->account = account;
    return account && account->email && account->roles.at ? OK : call->status == OK ? INTERNAL : call->status;
}

static enum status address_known(struct call *call, const struct realm *realm, const char *name) {
    const struct register_ask *ask = call->ask;
    if (!realm->silent)
        return call_refuse(call, CONFLICT, "email-taken", "This address has an account already.");
    return tell_owner(call, ask->dialect) == OK ? as_if_made(call, name) : call->status;
}

static enum status name_known(struct call *call) {
    return call_refuse(call, CONFLICT, "username-taken", "This name belongs to somebody else.");
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
    const struct realm *realm = realm_find(ask->dialect);
    if (!realm)
        return call_invalid(call, "/dialect", "is not a dialect");
    if (password_allowed(call, realm, ask->password, ask->email) != OK ||
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
        return call->status == CONFLICT ? name_known(call) : call->status;
    if (!rows_count(rows)) {
        rows_free(rows);
        return address_known(call, realm, name);
    }
    reply->account = account_from_row(rows, 0, call->arena);
    rows_free(rows);
    token_new(opaque);
    reply->opaque = arena_text(call->arena, opaque);
    return reply->account && reply->opaque ? letter_link(call, reply->account, "activation", ask->dialect) : INTERNAL;
}
