#include <stdio.h>
#include <string.h>

#include "actors/auth/auth.h"
#include "protocol/node/config.h"

static enum status queue_activation(struct call *call, const struct account *account, const char *dialect) {
    char token[TOKEN_BYTES], event[64];
    uint8_t digest[DIGEST_BYTES];
    token_new(token);
    token_digest(token, digest);
    if (call_do(call, Q_token_add,
                ARGS(ARG_BYTES("hash", digest, DIGEST_BYTES), ARG_INT("account_id", account->id),
                     ARG_TEXT("kind", "activation"), ARG_INT("seconds", config()->activation_seconds))) != OK)
        return call->status;
    snprintf(event, sizeof event, "activation-%lld", (long long)account->id);
    return call_post(call, MSG_mail_queue,
                     &(struct letter){.kind = "activation",
                                      .to = account->email,
                                      .name = account->name,
                                      .token = token,
                                      .account_id = account->id,
                                      .has_account_id = true,
                                      .dialect = dialect,
                                      .event = event});
}

enum status auth_register(struct call *call) {
    const struct register_ask *ask = call->ask;
    struct account_reply *reply = call->reply;
    char hash[HASH_BYTES], opaque[TOKEN_BYTES];
    if (!email_plausible(ask->email))
        return call_invalid(call, "/email", "must be an e-mail address");
    if (ask->confirm && strcmp(ask->confirm, ask->password))
        return call_invalid(call, "/confirm", "must equal the password");
    if (password_hash(ask->password, hash))
        return INTERNAL;
    const char *name = ask->name ? ask->name : arena_copy(call->arena, ask->email, strcspn(ask->email, "@"));
    struct rows *rows = call_run(call, Q_account_add,
                                 ARGS(ARG_TEXT("name", name), ARG_TEXT("password_hash", hash), ARG_INT("roles", ROLE_USER),
                                      ARG_BOOL("verified", false)));
    if (!rows)
        return call->status == CONFLICT ? call_refuse(call, CONFLICT, "email-taken", "This address has an account already.")
                                        : call->status;
    reply->account = account_from_row(rows, 0, call->arena);
    rows_free(rows);
    token_new(opaque);
    reply->opaque = arena_text(call->arena, opaque);
    return reply->account && reply->opaque ? queue_activation(call, reply->account, ask->dialect) : INTERNAL;
}
